/** The queries of the article, in the order in which it runs them. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

export interface ArticleQuery {
  /** What the query finds out. */
  readonly title: string
  readonly sql: string
}

// The manifest says where #article is: in the workspace another package, in the bundled package a folder of its own.
const { resolve } = createRequire(import.meta.url)

const files = [
  { file: '1-find-trail.sql', title: 'Which trails are there, and which log groups do they deliver to?' },
  { file: '2-list-addresses.sql', title: "Which addresses stand in the trail's events?" },
  { file: '3-geolocate.sql', title: 'Where are these addresses?' },
  { file: '4-enrich.sql', title: 'What else is known of them: names, reports of abuse, open ports?' },
  { file: '5-attribute.sql', title: 'Whose key, whose machine, whose finding is each address?' },
  {
    file: '6-from-the-bucket.sql',
    title: 'Where do the addresses of every trail come from, by what it delivers to its bucket?',
  },
] as const

export function readArticleQueries(): Promise<ArticleQuery[]> {
  return Promise.all(
    files.map(async ({ file, title }) => ({
      title,
      sql: (await readFile(resolve(`#article/${file}`), 'utf8')).trim(),
    })),
  )
}
