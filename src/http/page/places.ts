/**
 * Where the dashboard has a place of its own. Some are what the API calls the same: a browser that is led to
 * `/tasks/ET-3` gets the page, a program gets the task, so that one address serves both.
 */
export const places = [
  '/',
  '/needs-you',
  '/board',
  '/tasks',
  '/tasks/:taskId',
  '/agents',
  '/agents/:agentId',
  '/figures',
  '/pipelines',
  '/pipelines/:name',
  '/operations',
  '/operations/:part',
  '/deliveries/:id',
] as const;
