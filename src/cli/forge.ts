/** `signalbox forge …`: the servers that hold repositories. */
import type { OutputOf } from '../client/signalbox.ts';
import { answers } from './command.ts';
import { colors, dayTime, exitCodes, harmless, print } from './output.ts';

type Forge = OutputOf<'forge.list'>['forges'][number];
type Connected = OutputOf<'forge.connect'>['repositories'][number];

export const list = answers({
  operation: 'forge.list',
  examples: ['signalbox forge list'],
  show({ forges }) {
    if (forges.length === 0) return print('No forge is configured; docs/forges.md tells how to connect one.');
    for (const forge of forges) print(linesOf(forge).map(harmless).join('\n'));
  },
  exitCode: ({ forges }) => (forges.some(({ problem }) => problem !== null) ? exitCodes.failed : exitCodes.done),
});

function linesOf(forge: Forge): string[] {
  const { name, kind, url, account, version, problem, hasWebhookSecret, projects, breaker, waiting } = forge;
  const since = waiting.oldest === null ? '' : `, the oldest since ${dayTime(waiting.oldest)}`;
  return [
    `${name}: ${kind} at ${url}${version === null ? '' : `, version ${version}`}`,
    ...(account === null ? [] : [`  signed in as ${account}`]),
    ...(problem === null ? [] : [`  ${problem.why}`, `    → ${problem.remedy}`]),
    ...(hasWebhookSecret ? [] : ['  no webhook secret: its deliveries are refused']),
    ...projects.map(({ project, repository }) => `  project ${project}: ${repository}`),
    ...(breaker === null ? [] : [`  breaker: ${breaker.state}${breaker.why === null ? '' : `, ${breaker.why}`}`]),
    ...(waiting.actions === 0 ? [] : [`  ${waiting.actions} waiting to be carried out there${since}`]),
  ];
}

export const connect = answers({
  operation: 'forge.connect',
  examples: [
    'signalbox forge connect home                      # every project there; can be repeated',
    'signalbox forge connect home --project shop --public-url https://signalbox.example.org',
    'signalbox forge connect home --new-secret         # after the webhook secret was changed',
  ],
  show({ account, webhookUrl, repositories }, { input }) {
    print(`${String(input.name)} knows us as ${harmless(account)}; it sends to ${webhookUrl}`);
    if (repositories.length === 0) print('No project lies there: give one `forge` and `remote` in the configuration.');
    for (const one of repositories) print(lineOf(one));
  },
  exitCode: ({ repositories }) =>
    repositories.some(({ problem }) => problem !== null) ? exitCodes.failed : exitCodes.done,
});

const webhookWords = {
  made: 'the webhook was made',
  changed: 'the webhook was brought up to date',
  there: 'the webhook was there',
};
const deliveryWords = {
  arrived: 'and a test delivery has arrived',
  missing: 'and no test delivery has arrived',
  unasked: 'the forge cannot be asked for a test delivery',
  unattended: 'nobody works here yet who takes deliveries: start "signalbox serve", and connect again',
};

function lineOf({ project, repository, webhook, delivery, problem }: Connected): string {
  const said = [
    ...(webhook === null ? [] : [webhookWords[webhook]]),
    ...(delivery === null ? [] : [deliveryWords[delivery]]),
  ].join(', ');
  const mark = problem === null ? colors.green('✓') : colors.red('✗');
  const wrong = problem === null ? '' : `\n    ${problem.why}\n    → ${problem.remedy}`;
  return `${mark} ${harmless(`${project}, ${repository}: ${said === '' ? 'not connected' : said}${wrong}`)}`;
}
