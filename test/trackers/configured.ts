/** The configuration of a project that takes its work from a fake Plane. */
export const planeSecret = 'plane_wh_with-which-webhooks-are-signed';

export interface Said {
  /** What the project says, beside or instead of what is usual here. */
  project?: object;
  /** What the configuration says beside it. */
  more?: object;
}

const from = (name: string) => `\${${name}}`;

/** Later ones say what earlier ones do not, or say it otherwise. */
export const configuredAt = (plane: { url: string }, program: readonly string[], ...all: readonly Said[]) => ({
  trackers: {
    plan: {
      ...{ kind: 'plane', url: plane.url, workspace: 'acme', token: from('PLANE_TOKEN') },
      ...{ webhookSecret: from('PLANE_SECRET'), requestsPerMinute: 10_000 },
    },
  },
  agents: { bot: { kind: 'command', program } },
  agent: 'bot',
  projects: {
    shop: {
      ...{ repository: './shop', target: 'main', prefix: 'ET', tracker: 'plan', trackerProject: 'ET' },
      pick: { labels: ['agent'] },
      ...Object.assign({}, ...all.map(({ project }) => project)),
    },
  },
  ...Object.assign({}, ...all.map(({ more }) => more)),
});
