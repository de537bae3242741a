/**
 * The places beyond settings and variables where AWS's tools find credentials, in the order of its SDK's own chain.
 * The SDK's chain reads the process's environment; this one reads the connection's, as far as the SDK lets it: the
 * metadata service of instances, and credential_source in a profile, still read the process's.
 */
import { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } from '@aws-sdk/client-sts'
import {
  createCredentialChain,
  fromHttp,
  fromIni,
  fromInstanceMetadata,
  fromSSO,
  fromTokenFile,
} from '@aws-sdk/credential-providers'
import type { Environment } from '../settings/environment.js'
import { sharedFilesOf } from './shared-files.js'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
  /** The account that they belong to, where their source named it. */
  readonly accountId?: string | undefined
}

export type CredentialProvider = () => Promise<Credentials>

/** Where STS is asked to assume a role. */
export interface StsLocation {
  readonly region: string
  readonly endpoint?: string
}

/** Where the services are that give credentials. */
export interface CredentialServices {
  /** Called only when a role must be assumed. */
  sts(): Promise<StsLocation>
  /** The URL of IAM Identity Center, where it is not AWS's own. */
  readonly singleSignOn: string | undefined
}

/** @param profile the one that was asked for; default is the SDK's */
export function chainedCredentials(
  profile: string | undefined,
  environment: Environment,
  services: CredentialServices,
): CredentialProvider {
  const { singleSignOn } = services
  const inFiles = {
    ...(profile === undefined ? {} : { profile }),
    ...sharedFilesOf(environment),
    ...(singleSignOn === undefined ? {} : { clientConfig: { endpoint: singleSignOn } }),
  }
  const others = [
    ...webIdentity(environment, services),
    ...(isContainer(environment) ? [container(environment)] : instance(environment)),
  ]
  const fromProfile = fromIni({ ...inFiles, ...roleAssumers(services) })
  // The former supports single sign-on too, but looks for it only in the process's own files.
  return createCredentialChain(fromProfile, fromSSO(inFiles), ...others)
}

/** Assumes roles by a given client of STS, which would otherwise look for its region and its endpoint by itself. */
function roleAssumers({ sts }: CredentialServices) {
  type Assume = ReturnType<typeof getDefaultRoleAssumer>
  type AssumeWithToken = ReturnType<typeof getDefaultRoleAssumerWithWebIdentity>
  const roleAssumer: Assume = async (...given) => getDefaultRoleAssumer(await sts())(...given)
  const roleAssumerWithWebIdentity: AssumeWithToken = async (...given) =>
    getDefaultRoleAssumerWithWebIdentity(await sts())(...given)
  return { roleAssumer, roleAssumerWithWebIdentity }
}

/** The web identity that EKS and others give to their programs. */
function webIdentity(environment: Environment, services: CredentialServices) {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: roleArn } = environment
  if (!file || !roleArn) return []
  const roleSessionName = environment.AWS_ROLE_SESSION_NAME || 'millrace'
  const { roleAssumerWithWebIdentity } = roleAssumers(services)
  return [fromTokenFile({ webIdentityTokenFile: file, roleArn, roleSessionName, roleAssumerWithWebIdentity })]
}

/** Whether this is a container: ECS, EKS with Pod Identity, or CloudShell. */
function isContainer(environment: Environment): boolean {
  return Boolean(
    environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || environment.AWS_CONTAINER_CREDENTIALS_FULL_URI,
  )
}

function container(environment: Environment) {
  // An empty text, unlike undefined, is not looked up in the process's environment.
  return fromHttp({
    awsContainerCredentialsRelativeUri: environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI ?? '',
    awsContainerCredentialsFullUri: environment.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '',
    awsContainerAuthorizationToken: environment.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '',
    awsContainerAuthorizationTokenFile: environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE ?? '',
  })
}

function instance({ AWS_EC2_METADATA_DISABLED: disabled = '' }: Environment) {
  return disabled === '' || disabled === 'false' ? [fromInstanceMetadata()] : []
}
