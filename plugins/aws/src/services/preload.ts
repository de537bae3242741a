/** The parts of the SDK, one after the other, for a server that has time before the first call. */
const parts: readonly (() => Promise<unknown>)[] = [
  () => import('../answers/answer-handler.js'),
  () => import('../answers/plain-answers.js'),
  () => import('@aws-sdk/client-sts'),
  () => import('@aws-sdk/client-cloudwatch-logs'),
  () => import('@aws-sdk/client-cloudtrail'),
  () => import('../credentials/credential-chain.js'),
  () => import('@aws-sdk/client-ec2'),
  () => import('@aws-sdk/client-iam'),
  () => import('@aws-sdk/client-organizations'),
  () => import('@aws-sdk/client-guardduty'),
  () => import('../requests/object-client.js'),
]

/** @throws what loading a part throws; the others are loaded nevertheless when they are needed */
export async function preload(): Promise<void> {
  for (const load of parts) await load()
}
