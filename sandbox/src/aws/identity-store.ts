/** The users and roles that IAM shows. Members are named as in the API. */

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface PermissionsBoundary {
  readonly PermissionsBoundaryType: string
  readonly PermissionsBoundaryArn: string
}

interface Principal {
  readonly Path: string
  readonly CreateDate: Date
  readonly PermissionsBoundary?: PermissionsBoundary
  readonly Tags?: readonly Tag[]
  /** By name. */
  readonly inlinePolicies?: Readonly<Record<string, object>>
  readonly attachedPolicies?: readonly string[]
}

export interface User extends Principal {
  readonly UserName: string
  readonly UserId: string
  readonly PasswordLastUsed?: Date
  readonly loginProfile?: { readonly CreateDate: Date; readonly PasswordResetRequired: boolean }
  readonly mfaDevices?: readonly { readonly SerialNumber: string; readonly EnableDate: Date }[]
  readonly groups?: readonly string[]
  readonly accessKeys?: readonly UserAccessKey[]
}

export interface UserAccessKey {
  readonly AccessKeyId: string
  readonly Status: 'Active' | 'Inactive'
  readonly CreateDate: Date
  readonly lastUsed?: { readonly LastUsedDate: Date; readonly ServiceName: string; readonly Region: string }
}

export interface Role extends Principal {
  readonly RoleName: string
  readonly RoleId: string
  readonly Description?: string
  readonly MaxSessionDuration: number
  readonly assumeRolePolicy: object
  readonly RoleLastUsed?: { readonly LastUsedDate: Date; readonly Region: string }
  readonly instanceProfiles?: readonly string[]
}

export class IdentityStore {
  readonly users: User[] = []
  readonly roles: Role[] = []
}
