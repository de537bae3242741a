/** What GuardDuty has found. Members are named as in its answers. */

export interface Detector {
  readonly region: string
  readonly id: string
}

export interface Finding {
  readonly detectorId: string
  readonly id: string
  readonly arn: string
  readonly accountId: string
  readonly partition: string
  readonly region: string
  readonly type: string
  readonly title: string
  readonly description: string
  readonly severity: number
  readonly confidence?: number
  readonly schemaVersion: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly resource: object
  readonly service: object
}

export class FindingStore {
  readonly detectors: Detector[] = []
  readonly findings: Finding[] = []
}
