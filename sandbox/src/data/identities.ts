/** Callers as CloudTrail describes them, one function for each type of userIdentity. */

type Identity = Readonly<Record<string, unknown>>

export function iamUser(accountId: string, userName: string, accessKeyId: string): Identity {
  return {
    type: 'IAMUser',
    principalId: principalId('AIDA', userName),
    arn: `arn:aws:iam::${accountId}:user/${userName}`,
    accountId,
    accessKeyId,
    userName,
  }
}

export function assumedRole(
  accountId: string,
  role: string,
  session: string,
  accessKeyId: string,
  since: string,
): Identity {
  const issuer = principalId('AROA', role)
  return {
    type: 'AssumedRole',
    principalId: `${issuer}:${session}`,
    arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`,
    accountId,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: issuer,
        arn: `arn:aws:iam::${accountId}:role/${role}`,
        accountId,
        userName: role,
      },
      webIdFederationData: {},
      attributes: { creationDate: since, mfaAuthenticated: 'false' },
    },
  }
}

export function root(accountId: string, accessKeyId: string, since: string): Identity {
  return {
    type: 'Root',
    principalId: accountId,
    arn: `arn:aws:iam::${accountId}:root`,
    accountId,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {},
      webIdFederationData: {},
      attributes: { creationDate: since, mfaAuthenticated: 'true' },
    },
  }
}

export function awsService(invokedBy: string): Identity {
  return { type: 'AWSService', invokedBy }
}

export function otherAccount(accountId: string, session: string): Identity {
  return { type: 'AWSAccount', principalId: `${principalId('AROA', session)}:${session}`, accountId }
}

export function federatedUser(accountId: string, userName: string, accessKeyId: string): Identity {
  return {
    type: 'FederatedUser',
    principalId: `${accountId}:${userName}`,
    arn: `arn:aws:sts::${accountId}:federated-user/${userName}`,
    accountId,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'IAMUser',
        principalId: principalId('AIDA', userName),
        arn: `arn:aws:iam::${accountId}:user/${userName}`,
        accountId,
        userName,
      },
    },
  }
}

/** An identifier of IAM in its shape, made of a name. */
export function principalId(kind: 'AIDA' | 'AROA', name: string): string {
  return `${kind}${idOf(name)}`
}

/** Seventeen characters. */
function idOf(name: string): string {
  return `${name.toUpperCase().replace(/[^A-Z0-9]/g, '')}SANDBOXSANDBOXSANDBOX`.slice(0, 17)
}
