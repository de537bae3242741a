/** The three wire protocols of the AWS services here: how each writes a result and an error. */
import { randomUUID } from 'node:crypto'
import type { Answer } from '../service.js'
import type { AwsError } from './aws-error.js'
import type { AwsService, Serialized } from './aws-service.js'

const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/'
const ec2Namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'

export function sayResult(
  protocol: AwsService['protocol'],
  operation: string,
  { text }: Serialized,
  namespace = stsNamespace,
): Answer {
  const requestId = randomUUID()
  if (protocol === 'json') return answer(200, 'application/x-amz-json-1.1', text, requestId)
  const xml =
    protocol === 'query'
      ? `<${operation}Response xmlns="${namespace}"><${operation}Result>${text}</${operation}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
      : `<?xml version="1.0" encoding="UTF-8"?>\n<${operation}Response xmlns="${ec2Namespace}"><requestId>${requestId}</requestId>${text}</${operation}Response>`
  return answer(200, 'text/xml', xml, requestId)
}

export function sayError(
  protocol: AwsService['protocol'],
  error: AwsError,
  namespace = stsNamespace,
): Answer {
  const requestId = randomUUID()
  const { code, message, status } = error
  if (protocol === 'json') {
    return answer(status, 'application/x-amz-json-1.1', JSON.stringify({ __type: code, message }), requestId)
  }
  const said = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`
  const xml =
    protocol === 'query'
      ? `<ErrorResponse xmlns="${namespace}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>${said}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
      : `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${said}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
  return answer(status, 'text/xml', xml, requestId)
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function answer(status: number, contentType: string, body: string | Buffer, requestId: string): Answer {
  return { status, headers: { 'content-type': contentType, 'x-amzn-requestid': requestId }, body }
}
