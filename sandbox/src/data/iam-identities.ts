/** Users and roles of the article's account: those whose requests are in its trail, and some others. */
import type { Role, User } from '../aws/identity-store.js'
import { deniedCredentials, sandboxCredentials } from '../credentials.js'
import { principalId } from './identities.js'

const made = new Date('2022-06-30T09:12:44Z')

export function articleUsers(accountId: string): User[] {
  return [
    {
      UserName: 'jon',
      UserId: principalId('AIDA', 'jon'),
      Path: '/',
      CreateDate: made,
      PasswordLastUsed: new Date('2022-07-06T18:04:09Z'),
      loginProfile: { CreateDate: made, PasswordResetRequired: false },
      mfaDevices: [
        { SerialNumber: `arn:aws:iam::${accountId}:mfa/jon`, EnableDate: new Date('2022-06-30T09:20:00Z') },
      ],
      groups: ['editors'],
      attachedPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      Tags: [{ Key: 'Team', Value: 'articles' }],
    },
    {
      UserName: 'deploy-ci',
      UserId: principalId('AIDA', 'deploy-ci'),
      Path: '/machines/',
      CreateDate: made,
      PermissionsBoundary: {
        PermissionsBoundaryType: 'Policy',
        PermissionsBoundaryArn: `arn:aws:iam::${accountId}:policy/machines`,
      },
      inlinePolicies: {
        deploy: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: ['s3:PutObject', 'S3:GetObject', 's3:PutObject'],
            Resource: 'arn:aws:s3:::devto-public-assets/*',
            Condition: { Bool: { 'aws:SecureTransport': true } },
          },
        },
      },
      accessKeys: [
        {
          AccessKeyId: 'AKIASANDBOXSANDBOX02',
          Status: 'Active',
          CreateDate: made,
          lastUsed: {
            LastUsedDate: new Date('2022-07-06T19:20:00Z'),
            ServiceName: 'ec2',
            Region: 'us-east-1',
          },
        },
        { AccessKeyId: 'AKIASANDBOXSANDBOX04', Status: 'Inactive', CreateDate: made },
      ],
    },
    {
      UserName: 'sandbox',
      UserId: principalId('AIDA', 'sandbox'),
      Path: '/',
      CreateDate: made,
      groups: ['editors', 'auditors'],
      accessKeys: [{ AccessKeyId: sandboxCredentials.accessKeyId, Status: 'Active', CreateDate: made }],
    },
    {
      UserName: 'denied',
      UserId: principalId('AIDA', 'denied'),
      Path: '/',
      CreateDate: made,
      accessKeys: [{ AccessKeyId: deniedCredentials.accessKeyId, Status: 'Active', CreateDate: made }],
    },
  ]
}

export function articleRoles(accountId: string): Role[] {
  const trusting = (Principal: object): object => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
  })
  return [
    {
      RoleName: 'steampipe-reader',
      RoleId: principalId('AROA', 'steampipe-reader'),
      Path: '/',
      CreateDate: made,
      Description: 'Reads what the article shows',
      MaxSessionDuration: 3600,
      assumeRolePolicy: trusting({ AWS: `arn:aws:iam::${accountId}:root` }),
      RoleLastUsed: { LastUsedDate: new Date('2022-07-06T19:44:00Z'), Region: 'us-east-1' },
      attachedPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::aws:policy/SecurityAudit'],
      Tags: [{ Key: 'Team', Value: 'articles' }],
    },
    {
      RoleName: 'web',
      RoleId: principalId('AROA', 'web'),
      Path: '/',
      CreateDate: made,
      MaxSessionDuration: 43_200,
      assumeRolePolicy: trusting({ Service: 'ec2.amazonaws.com' }),
      instanceProfiles: ['web'],
      PermissionsBoundary: {
        PermissionsBoundaryType: 'Policy',
        PermissionsBoundaryArn: `arn:aws:iam::${accountId}:policy/machines`,
      },
      inlinePolicies: {
        assets: {
          Version: '2012-10-17',
          Statement: [{ Sid: 'Read', Effect: 'Allow', Action: 's3:Get*', Resource: '*' }],
        },
      },
    },
    {
      RoleName: 'AWSServiceRoleForConfig',
      RoleId: principalId('AROA', 'AWSServiceRoleForConfig'),
      Path: '/aws-service-role/config.amazonaws.com/',
      CreateDate: made,
      MaxSessionDuration: 3600,
      assumeRolePolicy: trusting({ Service: 'config.amazonaws.com' }),
      attachedPolicies: ['arn:aws:iam::aws:policy/aws-service-role/AWSConfigServiceRolePolicy'],
    },
  ]
}
