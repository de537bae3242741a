/** Callers as CloudTrail describes them, one function for each type of userIdentity. */

type Identity = Readonly<Record<string, unknown>>

export function iamUser(accountId: string, userName: string, accessKeyId: string): Identity {
  return {
    type: 'IAMUser',
    principalId: `AIDA${idOf(userName)}`,
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
  const principalId = `AROA${idOf(role)}`
  return {
    type: 'AssumedRole',
    principalId: `${principalId}:${session}`,
    arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`,
    accountId,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId,
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
  return { type: 'AWSAccount', principalId: `AROA${idOf(session)}:${session}`, accountId }
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
        principalId: `AIDA${idOf(userName)}`,
        arn: `arn:aws:iam::${accountId}:user/${userName}`,
        accountId,
        userName,
      },
    },
  }
}

/** Seventeen characters in the shape of an IAM id, made of a name. */
function idOf(name: string): string {
  return `${name.toUpperCase().replace(/[^A-Z0-9]/g, '')}SANDBOXSANDBOXSANDBOX`.slice(0, 17)
}
