import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { root } from '../paths.mjs';
import { renderTemplate } from './render-chart.mjs';

export const chartFolder = join(root, 'deploy/helm/parley');

/** What the chart sets where nobody says otherwise. */
export function chartValues() {
  return parse(readFileSync(join(chartFolder, 'values.yaml'), 'utf8'));
}

/**
 * The objects that the chart makes, in the order in which they are needed.
 *
 * @param {object} [values]
 * @param {string} [release]
 * @returns {any[]}
 */
export function chartObjects(values = chartValues(), release = 'parley') {
  const folder = join(chartFolder, 'templates');
  const files = readdirSync(folder).toSorted();
  const objects = files.flatMap((file) => {
    const text = renderTemplate(readFileSync(join(folder, file), 'utf8'), { Values: values, Release: { Name: release } });
    return parseAllDocuments(text).map((document) => {
      if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0].message}\n${text}`);
      return document.toJS();
    });
  });
  const order = ['ServiceAccount', 'ConfigMap', 'Job'];
  const rank = ({ kind }) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  return objects.filter((object) => object !== null).toSorted((one, other) => rank(one) - rank(other));
}

/** The base of kustomize, in one file: what the chart makes, without what only Helm reads. @returns {string} */
export function kustomizeBase() {
  const documents = chartObjects().map(({ metadata, ...object }) => {
    const { annotations = {}, ...others } = metadata;
    const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => !name.startsWith('helm.sh/')));
    const { apiVersion, kind, ...rest } = object;
    return { apiVersion, kind, metadata: { ...others, ...(Object.keys(kept).length > 0 && { annotations: kept }) }, ...rest };
  });
  const head = '# Written from the chart in deploy/helm/parley by scripts/deployment.test.mjs. A change is made there.\n';
  return (
    head + documents.map((document) => stringify(document, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false })).join('---\n')
  );
}
