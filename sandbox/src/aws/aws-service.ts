/** What one AWS service of the sandbox is made of. */

/** Who calls, and where. */
export interface AwsContext {
  readonly accountId: string
  readonly region: string
  readonly partition: string
  readonly userArn: string
  readonly userId: string
  readonly signal: AbortSignal
}

/** A result that is serialized already: JSON text, or the XML inside of the result element. */
export interface Serialized {
  readonly text: string | Buffer
}

export type AwsOperation = (input: unknown, context: AwsContext) => Serialized | Promise<Serialized>

export interface RoutedOperation {
  readonly operation: string
  readonly parameters: Readonly<Record<string, string>>
}

export interface AwsService {
  /** The name in credential scopes and in IAM actions. */
  readonly name: string
  /** JSON 1.1 (X-Amz-Target), the query protocol (XML), or EC2's variant of it. */
  readonly protocol: 'json' | 'query' | 'ec2'
  /** JSON: what stands before the dot in X-Amz-Target; empty for REST. Query: the API version. */
  readonly identifier: string
  /** Other spellings of the identifier that clients send. */
  readonly otherIdentifiers?: readonly string[]
  /** Query: the namespace of its XML, if it is not that of STS. */
  readonly namespace?: string
  /**
   * For REST with JSON, whose errors are those of JSON 1.1: the operation that a method and a path mean, with the
   * parameters that the path holds. The signature names the service.
   */
  readonly route?: (method: string, path: string) => RoutedOperation | undefined
  /** What the service calls its throttling error. */
  readonly throttlingCode: string
  readonly operations: Readonly<Record<string, AwsOperation>>
  /** The names of operations that are called without a signature. */
  readonly unsigned?: readonly string[]
}

export function json(value: unknown): Serialized {
  return { text: JSON.stringify(value) }
}
