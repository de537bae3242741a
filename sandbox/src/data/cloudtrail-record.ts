/**
 * CloudTrail records, complete as CloudTrail delivers them (AWS, "CloudTrail record contents").
 * Key spellings are CloudTrail's: eventID, requestID, sharedEventID, sourceIPAddress, vpcEndpointId.
 */

/** What differs from event to event; everything else follows from it. */
export interface RecordParts {
  /** The time in epoch milliseconds; CloudTrail writes whole seconds. */
  readonly time: number
  readonly eventSource: string
  readonly eventName: string
  readonly region: string
  readonly sourceIPAddress: string
  readonly userAgent: string
  readonly userIdentity: Readonly<Record<string, unknown>>
  readonly readOnly: boolean
  readonly requestParameters?: Readonly<Record<string, unknown>> | null
  readonly responseElements?: Readonly<Record<string, unknown>> | null
  readonly eventType?: string
  readonly eventCategory?: string
  readonly accountId: string
  readonly requestID: string
  readonly eventID: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly resources?: readonly Readonly<Record<string, string>>[]
  readonly sharedEventID?: string
  readonly vpcEndpointId?: string
  readonly additionalEventData?: Readonly<Record<string, unknown>>
  /** The host that the client asked; gives tlsDetails. */
  readonly host?: string
}

/** The record in CloudTrail's own order of keys; keys without a value are left out. */
export function cloudTrailRecord(parts: RecordParts): Record<string, unknown> {
  return {
    eventVersion: '1.08',
    userIdentity: parts.userIdentity,
    eventTime: eventTime(parts.time),
    eventSource: parts.eventSource,
    eventName: parts.eventName,
    awsRegion: parts.region,
    sourceIPAddress: parts.sourceIPAddress,
    userAgent: parts.userAgent,
    errorCode: parts.errorCode,
    errorMessage: parts.errorMessage,
    requestParameters: parts.requestParameters ?? null,
    responseElements: parts.responseElements ?? null,
    additionalEventData: parts.additionalEventData,
    requestID: parts.requestID,
    eventID: parts.eventID,
    readOnly: parts.readOnly,
    resources: parts.resources,
    eventType: parts.eventType ?? 'AwsApiCall',
    managementEvent: (parts.eventCategory ?? 'Management') === 'Management',
    recipientAccountId: parts.accountId,
    sharedEventID: parts.sharedEventID,
    vpcEndpointId: parts.vpcEndpointId,
    eventCategory: parts.eventCategory ?? 'Management',
    tlsDetails:
      parts.host === undefined
        ? undefined
        : {
            tlsVersion: 'TLSv1.2',
            cipherSuite: 'ECDHE-RSA-AES128-GCM-SHA256',
            clientProvidedHostHeader: parts.host,
          },
  }
}

export function eventTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
