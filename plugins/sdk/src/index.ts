/**
 * What a plugin is made of: all that `@millrace/plugin-sdk` offers. A plugin's tests find more in
 * `@millrace/plugin-sdk/testing`.
 */
export { AddressGuard, RefusedAddress } from './addresses/address-guard.js'
export {
  type AddressSource,
  allowedAddresses,
  guardedLookup,
  type Resolver,
  systemResolver,
} from './addresses/guarded-lookup.js'
export { allowPrivateAddresses, networksOf } from './addresses/networks.js'
export { defaultMaxAnswerBytes, firstWords, readAnswerBody } from './answer-body.js'
export { ApiError, type ApiErrorOptions, type ApiSqlState, type RetryReason } from './api-error.js'
export type { CheckResult, CheckScan } from './check.js'
export {
  bigint,
  boolean,
  type Column,
  type Columns,
  type ColumnType,
  cidr,
  date,
  doublePrecision,
  type EpochMicroseconds,
  inet,
  type JsonText,
  jsonb,
  numeric,
  type QualValues,
  type Row,
  type RowValues,
  text,
  timestamptz,
  uuid,
} from './column.js'
export { type Decoded, type Decoder, defineDecoder } from './decoder.js'
export { eachPart, type PartRules } from './each-part.js'
export { eachParentRow, eachRow, type ParentRequest } from './each-row.js'
export { isSureToFulfil } from './fulfils.js'
export {
  GuardedHttp,
  type GuardedHttpOptions,
  type HttpQuestion,
  type HttpReply,
  type OpenReply,
} from './http/guarded-http.js'
export { type AnswerHeaders, type ApiDescription, HttpAnswer } from './http/http-answer.js'
export { HttpClient, type HttpClientOptions, type HttpRequest } from './http/http-client.js'
export {
  type RequestTrace,
  type RequestTracer,
  setRequestTracer,
  type TracedRequest,
  traceRequest,
} from './http/request-trace.js'
export type { RequestSecrets } from './http/secrets.js'
export { fieldsOf, numberText, parseJson, rawJsonText, toJsonText } from './json.js'
export { jsonPointer, pointerParts, valueAt } from './json-pointer.js'
export { knownTextOperators, mayFulfil } from './known-text.js'
export { isFetched, listRows } from './list-rows.js'
export { localFailure } from './local-failure.js'
export { merge } from './merge.js'
export {
  type ApiLimits,
  type ConnectContext,
  definePlugin,
  type FindTables,
  type Plugin,
  type StaticPlugin,
} from './plugin.js'
export { checkPlugin, checkTables } from './plugin-shape.js'
export {
  type ComparisonOperator,
  equalValue,
  equalValues,
  type NullTest,
  type Operator,
  type OperatorOf,
  type PatternOperator,
  type Qual,
  type Quals,
  type QualValue,
} from './qual.js'
export { delayBeforeRetry, longestPause, readRetryAfter } from './retry.js'
export {
  type Direction,
  type Exactly,
  type ExactRows,
  type Example,
  type Get,
  type Hydrate,
  type Key,
  type OrderedType,
  type Scan,
  type ScanOrder,
  type Table,
  type TableCache,
  type TableCall,
  type TableParts,
  tablesOf,
} from './table.js'
export { digitsOf, type TextMeaning } from './values/cell.js'
export { columnTypeSetting } from './values/column-type-setting.js'
export { columnValue, guessedColumnValue } from './values/column-value.js'
export { TypeGuess } from './values/type-guess.js'
