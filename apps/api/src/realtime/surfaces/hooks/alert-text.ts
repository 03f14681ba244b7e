import { z } from 'zod';

const words = z.record(z.string(), z.unknown()).catch({});

const alertSchema = z.object({
  status: z.string().catch(''),
  labels: words,
  annotations: words,
  generatorURL: z.string().catch(''),
});

const alertsSchema = z.object({
  alerts: z.array(z.unknown()),
  status: z.string().catch(''),
  externalURL: z.string().catch(''),
  commonLabels: words,
  /** Grafana's own words for all of it. */
  title: z.string().catch(''),
  message: z.string().catch(''),
});

type Alerts = z.infer<typeof alertsSchema>;

/** The most alerts of one request that are told one by one. */
const maxAlerts = 20;

/** Whether a body is what Alertmanager and Grafana send to a webhook. */
export function isAlerts(body: unknown): body is Alerts {
  return alertsSchema.safeParse(body).success;
}

/** Alerts as Markdown: what is the matter, then each alert with its summary, description and labels. */
export function alertText(body: unknown): string {
  const { alerts, status, externalURL, commonLabels, title, message } = alertsSchema.parse(body);
  const name = stringOf(commonLabels['alertname']);
  const head = escaped(oneLine(title) || `${status.toUpperCase() || 'ALERT'}${name ? `: ${name}` : ''}`);
  const known = alerts.slice(0, maxAlerts).flatMap((alert) => alertSchema.safeParse(alert).data ?? []);
  return [
    `${mark(status)} **${isLink(externalURL) ? `[${head}](<${externalURL}>)` : head}**`,
    ...(message ? [message.trim()] : known.map(oneAlert)),
    ...(alerts.length > maxAlerts && !message ? [`… and ${alerts.length - maxAlerts} more.`] : []),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function oneAlert({ status, labels, annotations, generatorURL }: z.infer<typeof alertSchema>): string {
  const summary = stringOf(annotations['summary']) || stringOf(labels['alertname']) || 'Alert';
  const description = stringOf(annotations['description']) || stringOf(annotations['message']);
  const named = Object.entries(labels)
    .slice(0, maxAlerts)
    .map(([label, value]) => `\`${code(label)}=${code(stringOf(value))}\``)
    .join(' ');
  const line = escaped(oneLine(summary));
  return [
    `${mark(status)} ${isLink(generatorURL) ? `[${line}](<${generatorURL}>)` : line}`,
    ...(description ? [escaped(description.trim())] : []),
    ...(named ? [named] : []),
  ].join('\n');
}

function mark(status: string): string {
  return status === 'resolved' ? '🟢' : '🔴';
}

function isLink(url: string): boolean {
  return /^https?:\/\/[^\s<>]{1,2000}$/.test(url);
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function oneLine(text: string): string {
  return text.split('\n').join(' ').trim();
}

/** Text as Markdown shows it: signs that it would read are escaped. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>~|#]/g, String.raw`\$&`);
}

function code(text: string): string {
  return oneLine(text).replaceAll('`', '’');
}
