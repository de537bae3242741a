/** What only the call for one user or role gives of both. */
import type { AttachedPermissionsBoundary, Tag } from '@aws-sdk/client-iam'
import { jsonOrNull } from '../columns/json-value.js'
import { tagObjectOrNull } from '../columns/tag-object.js'

export interface BoundedAndTagged {
  readonly PermissionsBoundary?: AttachedPermissionsBoundary | undefined
  readonly Tags?: Tag[] | undefined
}

export function boundaryAndTags({ PermissionsBoundary, Tags }: BoundedAndTagged) {
  return {
    permissions_boundary_arn: PermissionsBoundary?.PermissionsBoundaryArn,
    permissions_boundary_type: PermissionsBoundary?.PermissionsBoundaryType,
    tags_src: jsonOrNull(Tags),
    tags: tagObjectOrNull(Tags),
  }
}
