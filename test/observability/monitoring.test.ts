/** The examples for operators, and the document, speak of what is there: held against a scrape of a task that was worked on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Scrape } from './exposition.ts';
import { makeObservedPlace, openObserved } from './observed.ts';

const root = new URL('../../', import.meta.url).pathname;
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const example = (file: string) => read(`examples/monitoring/${file}`);

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: unknown;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; datasource: unknown }[];
}

interface Alert {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}

const dashboard = JSON.parse(example('grafana-dashboard.json')) as {
  panels: Panel[];
  templating: { list: { name: string; type: string }[] };
};
const { groups } = parse(example('alerts.yaml')) as { groups: { name: string; rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const expressions = [...shown, ...alerts.map(({ expr }) => expr)];

/** What the Node.js process tells beside what is looked at: dashboards for any Node.js program expect them. */
const deliberate = [
  ...['process_cpu_user_seconds_total', 'process_cpu_system_seconds_total', 'process_start_time_seconds'],
  ...['process_virtual_memory_bytes', 'process_heap_bytes', 'process_max_fds'],
  ...['nodejs_eventloop_lag_seconds', 'nodejs_eventloop_lag_min_seconds', 'nodejs_eventloop_lag_mean_seconds'],
  ...['nodejs_eventloop_lag_stddev_seconds', 'nodejs_eventloop_lag_p90_seconds'],
  ...['nodejs_eventloop_utilization_summary', 'nodejs_eventloop_utilization_histogram'],
  ...['nodejs_active_resources', 'nodejs_active_resources_total', 'nodejs_active_handles'],
  ...['nodejs_active_handles_total', 'nodejs_active_requests', 'nodejs_active_requests_total'],
  ...['nodejs_heap_size_total_bytes', 'nodejs_external_memory_bytes', 'nodejs_heap_space_size_total_bytes'],
  ...['nodejs_heap_space_size_used_bytes', 'nodejs_heap_space_size_available_bytes', 'nodejs_version_info'],
  'nodejs_gc_duration_seconds',
];
/** Prometheus makes these itself. */
const ofPrometheus = ['up'];
const ofTheTarget = ['job', 'instance'];

/** The metrics that an expression asks for, each with the matchers of its labels; and the labels that it groups by. */
function readExpression(expr: string) {
  const matchers = /\{([^{}]*)\}/g;
  const grouping = /\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^()]*)\)/g;
  const groups = [...expr.matchAll(grouping)].flatMap(([, list]) => list!.split(',').map(label => label.trim()));
  const plain = expr.replace(grouping, ' ').replace(/\[[^\]]*\]/g, ' ');
  const outside = plain.replace(matchers, (whole, _, at: number) => `\0${at}:${whole.length}\0`);
  const words = outside.matchAll(/(?<![\w.\0])([a-zA-Z_:][\w:]*)\s*(\(|\0(\d+):(\d+)\0)?/g);
  const metrics = [...words].flatMap(([, name, after, at, length]) => {
    if (after === '(' || ['and', 'or', 'unless', 'bool', 'offset'].includes(name!)) return [];
    const inside = at === undefined ? '' : plain.slice(Number(at) + 1, Number(at) + Number(length) - 1);
    const labels = [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label, operator, value]) => ({
      label: label!,
      operator: operator!,
      value: value!,
    }));
    return [{ name: name!, labels }];
  });
  return { metrics, groups };
}

interface Looked {
  scraped: Scrape;
  /** Every name under which there are samples, with the labels that they have. */
  known: Map<string, { labels: Set<string>; family: string }>;
}

async function scrapeTask(): Promise<Looked> {
  const { add, until, scrape, metrics } = await openObserved(await makeObservedPlace());
  await add();
  await until('ET-1', 'person');
  // A stage is shown from the first scrape on that finds a task in it.
  await scrape();
  await until('ET-1', 'done');
  metrics.observeRequest({ route: '/tasks', method: 'GET', status: 200, seconds: 0.01 });
  metrics.clients('sse', 1);
  const scraped = await scrape();
  const known: Looked['known'] = new Map();
  for (const { name: family, samples } of scraped.families.values()) {
    for (const { name, labels } of samples) {
      const entry = known.get(name) ?? { labels: new Set<string>(), family };
      for (const label of Object.keys(labels)) entry.labels.add(label);
      known.set(name, entry);
    }
  }
  return { scraped, known };
}

let looked: Promise<Looked> | undefined;
/** One task is worked on for all that is held against it. */
const look = () => {
  looked ??= scrapeTask();
  return looked;
};

test('an expression is read for the metrics in it and nothing else', () => {
  const { metrics, groups } = readExpression(
    'histogram_quantile(0.9, sum by (le, agent) (rate(a_bucket{x="1", y=~"b|c"}[5m]))) > 2e9 and on (agent) b:c_total offset 5m',
  );
  expect(metrics).toEqual([
    {
      name: 'a_bucket',
      labels: [
        { label: 'x', operator: '=', value: '1' },
        { label: 'y', operator: '=~', value: 'b|c' },
      ],
    },
    { name: 'b:c_total', labels: [] },
  ]);
  expect(groups).toEqual(['le', 'agent', 'agent']);
});

test('every metric and label of an expression is in the scrape of a task that was worked on', async () => {
  const { known } = await look();
  const wrong = expressions.flatMap(expr => {
    const { metrics, groups: grouped } = readExpression(expr);
    const have = (name: string) => known.get(name)?.labels ?? new Set();
    const unknown = metrics.filter(({ name }) => !known.has(name) && !ofPrometheus.includes(name));
    const noLabels = metrics.flatMap(({ name, labels }) =>
      labels.filter(({ label }) => !have(name).has(label) && !ofTheTarget.includes(label)).map(({ label }) => label),
    );
    const noGroups = grouped.filter(
      label => !ofTheTarget.includes(label) && !metrics.some(({ name }) => have(name).has(label)),
    );
    const missing = [...unknown.map(({ name }) => name), ...noLabels, ...noGroups];
    return metrics.length > 0 && missing.length === 0 ? [] : [`${missing.join(', ')}: ${expr}`];
  });
  expect(wrong).toEqual([]);
});

test('where an expression asks for values that the machines give, there are such values', async () => {
  const { scraped } = await look();
  const fixed = ['standing', 'state', 'status', 'file', 'kind'];
  const wrong = expressions
    .flatMap(expr => readExpression(expr).metrics)
    .filter(({ name }) => !name.startsWith('signalbox_http_'))
    .flatMap(({ name, labels }) => {
      const values = (label: string) => new Set(scraped.find(name).map(sample => sample.labels[label]));
      return labels
        .filter(({ label, operator }) => fixed.includes(label) && operator.startsWith('='))
        .flatMap(({ label, value }) => value.split('|').filter(word => !values(label).has(word)));
    });
  expect(wrong).toEqual([]);
});

test('every metric is looked at by a panel or an alert, or is deliberate', async () => {
  const { scraped, known } = await look();
  const used = new Set(
    expressions.flatMap(expr => readExpression(expr).metrics.map(({ name }) => known.get(name)?.family ?? name)),
  );
  const families = [...scraped.families.keys()];
  expect(families.filter(name => !used.has(name) && !deliberate.includes(name))).toEqual([]);
  expect(deliberate.filter(name => used.has(name) || !families.includes(name))).toEqual([]);
});

test('every alert says how long, how bad, what is wrong and what to do, and where there is more', () => {
  const document = read('docs/operating.md');
  const headings = [...document.matchAll(/^#+ (.+)$/gm)].map(([, text]) => text!.toLowerCase().replaceAll(' ', '-'));
  expect(alerts.length).toBeGreaterThan(8);
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  for (const { alert, for: wait, labels, annotations } of alerts) {
    expect(wait, alert).toMatch(/^\d+[mh]$/);
    expect(['critical', 'warning', 'info'], alert).toContain(labels.severity);
    expect(annotations.summary.length, alert).toBeGreaterThan(10);
    expect(annotations.description.length, alert).toBeGreaterThan(40);
    const [file, heading] = annotations.runbook.split('#');
    expect(file, alert).toBe('docs/operating.md');
    expect(headings, alert).toContain(heading);
  }
});

test('what an alert writes of a series is a label that its expression leaves', async () => {
  const { known } = await look();
  for (const { alert, expr, annotations } of alerts) {
    const text = `${annotations.summary} ${annotations.description}`;
    const written = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
    const { metrics, groups: grouped } = readExpression(expr);
    const left = expr.includes(' by (') ? grouped : metrics.flatMap(({ name }) => [...(known.get(name)?.labels ?? [])]);
    expect(
      written.filter(label => !left.includes(label) && !ofTheTarget.includes(label)),
      alert,
    ).toEqual([]);
  }
});

test('the dashboard can be imported: panels with ids of their own, none over another, each on the chosen data source', () => {
  const { panels, templating } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(templating.list.find(({ type }) => type === 'datasource')?.name).toBe('datasource');
  const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
  expect(rows).toEqual(['Work', 'Agents and money', 'Gates', 'Engine', 'HTTP']);
  const own = { type: 'prometheus', uid: ['$', '{datasource}'].join('') };
  for (const panel of panels.filter(({ type }) => type !== 'row')) {
    expect(panel.description, panel.title).toBeTruthy();
    expect(panel.targets!.length, panel.title).toBeGreaterThan(0);
    expect([panel.datasource, ...panel.targets!.map(({ datasource }) => datasource)]).toEqual(
      Array(panel.targets!.length + 1).fill(own),
    );
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)}.${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test('Prometheus is told of the alerts, and scrapes under the name and with the token that they and the text speak of', () => {
  const config = parse(example('prometheus.yml')) as {
    rule_files: string[];
    scrape_configs: {
      job_name: string;
      metrics_path: string;
      authorization: { type: string; credentials_file: string };
    }[];
  };
  const [scrape] = config.scrape_configs;
  expect(config.rule_files).toEqual(['alerts.yaml']);
  expect(scrape).toMatchObject({ metrics_path: '/metrics', authorization: { type: 'Bearer' } });
  expect(example('README.md')).toContain(scrape!.authorization.credentials_file);
  expect(alerts.find(({ alert }) => alert === 'SignalboxDown')!.expr).toContain(`job="${scrape!.job_name}"`);
});

test('the document lists every metric of ours with its type and labels, and no other', async () => {
  const { scraped } = await look();
  const section = read('docs/operating.md').split('\n## Metrics\n')[1]!.split('\n## ')[0]!;
  const rows = [...section.matchAll(/^\| `(\w+)` \| (\w+) \|(.*?)\| (.+) \|$/gm)].map(([, name, type, labels]) => {
    return `${name} ${type} ${[...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort()}`;
  });
  const families = [...scraped.families.values()].filter(({ name }) => name.startsWith('signalbox_'));
  const there = families.map(({ name, type, samples }) => {
    const labels = new Set(samples.flatMap(sample => Object.keys(sample.labels)).filter(label => label !== 'le'));
    return `${name} ${type} ${[...labels].sort()}`;
  });
  expect(rows.toSorted()).toEqual(there.toSorted());
  const others = [...scraped.families.keys()].filter(name => !name.startsWith('signalbox_'));
  expect(others.filter(name => !/^(process|nodejs)_/.test(name))).toEqual([]);
});
