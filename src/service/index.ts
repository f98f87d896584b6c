/** What a command needs to serve. */
export { serviceManager } from '../host/service-manager.ts';
export { createLogger, logLevels } from './log.ts';
export { coveredSecrets } from './secrets.ts';
export { startService } from './serve.ts';
