/** abuseipdb_category: what addresses are reported for. */
import { bigint, text } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'

/** The categories as the page "Categories" of abuseipdb.com lists them: three have a title only. */
const categories: readonly (readonly [id: number, title: string, description: string])[] = [
  [1, 'DNS Compromise', 'DNS records were altered, so that they lead elsewhere.'],
  [2, 'DNS Poisoning', "A DNS server's cache was filled with forged answers."],
  [3, 'Fraud Orders', 'Orders that are fraudulent.'],
  [4, 'DDoS Attack', 'A part in a distributed denial of service, usually as one of a botnet.'],
  [5, 'FTP Brute-Force', ''],
  [6, 'Ping of Death', 'IP packets larger than allowed.'],
  [7, 'Phishing', 'Websites or mail that fish for credentials.'],
  [8, 'Fraud VoIP', ''],
  [9, 'Open Proxy', 'A proxy or relay that is open to all, or an exit of Tor.'],
  [10, 'Web Spam', 'Spam in comments, forums, referrers or elsewhere in websites.'],
  [11, 'Email Spam', 'Spam or phishing by mail, infected attachments.'],
  [12, 'Blog Spam', "Spam in a blog's comments."],
  [13, 'VPN IP', 'The address belongs to a VPN. It goes with other categories.'],
  [14, 'Port Scan', 'A search for open ports and vulnerable services.'],
  [15, 'Hacking', ''],
  [16, 'SQL Injection', 'Attempts to inject SQL.'],
  [17, 'Spoofing', 'Mail under a forged sender.'],
  [18, 'Brute-Force', 'Guessing of credentials, at login pages and at services such as SSH, SMTP or RDP.'],
  [19, 'Bad Web Bot', 'Scraping or crawling that ignores robots.txt, asks too much or hides what it is.'],
  [20, 'Exploited Host', 'A host that was probably taken over, perhaps without its owner knowing.'],
  [21, 'Web App Attack', 'Attempts to find or exploit web applications, such as content management systems.'],
  [22, 'SSH', 'Abuse of SSH. It goes with more specific categories.'],
  [23, 'IoT Targeted', 'Abuse that was aimed at a device of the Internet of Things.'],
]

export const abuseipdbCategory = defineTable({
  name: 'abuseipdb_category',
  description:
    'The 23 categories that addresses are reported for. They are fixed: no call is made, and no key is needed.',
  columns: {
    id: bigint('The number of the category, as reports name it.'),
    title: text('The name of the category.'),
    description: text('What belongs to it; empty for categories whose name says it all.'),
  },
  keys: {},
  async *list() {
    yield categories.map(([id, title, description]) => ({ id, title, description }))
  },
  examples: [
    { title: 'All categories', sql: 'select id, title, description from abuseipdb_category order by id' },
    {
      title: 'What an address was reported for',
      sql: `select c.title, count(*)
from abuseipdb_check_ip a,
  jsonb_array_elements(a.reports) as report,
  jsonb_array_elements_text(report -> 'categories') as category
join abuseipdb_category c on c.id = category::bigint
where a.ip_address = '89.248.165.99'
group by c.title
order by count(*) desc`,
    },
  ],
})
