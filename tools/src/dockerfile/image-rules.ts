/** What must hold of the Dockerfile beyond its syntax, since no engine builds it in CI. */
import { type Dockerfile, DockerfileParser, type Instruction } from 'dockerfile-ast'

/** What the image must agree with. */
export interface ImageFacts {
  readonly port: number
}

/** @returns a line for each fault */
export function imageFaults(text: string, { port }: ImageFacts): string[] {
  const file = DockerfileParser.parse(text)
  const last = lastStage(file)
  const one = (keyword: string) => last.filter((instruction) => instruction.getKeyword() === keyword)
  const user = one('USER').at(-1)?.getArgumentsContent() ?? 'root'
  const home = file.resolveVariable('MILLRACE_HOME', last.at(-1)?.getRange()?.start.line ?? 0)
  const texts = (keyword: string) => one(keyword).map((instruction) => instruction.getArgumentsContent())
  return [
    ...stageFaults(file),
    ...(/^(?:root|0)(?::|$)/.test(user) ? ['the image runs as root'] : []),
    ...(one('HEALTHCHECK').length === 1 ? [] : ['the image has no HEALTHCHECK']),
    ...(texts('EXPOSE').includes(String(port)) ? [] : [`the image does not expose ${port}`]),
    ...(typeof home === 'string' && texts('VOLUME').includes(home) ? [] : ['MILLRACE_HOME is no VOLUME']),
    ...['ENTRYPOINT', 'CMD'].flatMap((keyword) =>
      texts(keyword).some((content) => content?.startsWith('[') === true)
        ? []
        : [`${keyword} is not a list: a shell would keep signals from Millrace`],
    ),
  ]
}

/** The instructions of what becomes the image. */
function lastStage(file: Dockerfile): Instruction[] {
  const start = file.getFROMs().at(-1)?.getRange()?.start.line ?? 0
  return file.getInstructions().filter((instruction) => (instruction.getRange()?.start.line ?? 0) >= start)
}

function stageFaults(file: Dockerfile): string[] {
  const stages = file.getFROMs().map((from) => from.getBuildStage())
  const sources = file.getCOPYs().flatMap((copy) => {
    const from = copy.getFromFlag()?.getValue()
    return from === undefined || from === null ? [] : [from]
  })
  return [
    ...(stages.length > 1 ? [] : ['there is one stage only: what builds the image would stay in it']),
    ...file.getFROMs().flatMap((from) => {
      const tag = from.getImageTag()
      const image = from.getImage()
      if (stages.includes(image)) return []
      return tag === null || tag === 'latest' ? [`${image} has no tag that says its version`] : []
    }),
    ...sources.filter((source) => !stages.includes(source)).map((source) => `there is no stage ${source}`),
    ...file
      .getInstructions()
      .filter((instruction) => instruction.getKeyword() === 'ADD')
      .map(() => 'ADD fetches and unpacks as it sees fit: use COPY'),
  ]
}
