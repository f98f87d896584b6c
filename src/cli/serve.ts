/** `signalbox serve`: the service, until somebody stops it. */
import { isBecause, messageOf, SignalboxError } from '../domain/errors.ts';
import { type CommonOptions, type OwnCommand, openData } from './command.ts';
import { interruption } from './interruption.ts';
import { openInBrowser } from './open-in-browser.ts';
import { exitCodes, note, print, printJsonLine, reportError } from './output.ts';
import { portIn } from './port.ts';

interface ServeOptions extends CommonOptions {
  host?: string;
  port?: string;
  stopAgents?: boolean;
  open?: boolean;
  logLevel?: string;
}

export const serve: OwnCommand = {
  description: 'the service: takes work, answers over HTTP, goes on until it is stopped',
  extra: command =>
    command
      .option('--host <address>', 'where to listen (127.0.0.1); anything beyond this machine needs a token')
      .option('--port <n>', 'which port (8500); 0 for any that is free')
      .option('--stop-agents', 'when it is stopped, stop agents too, after a checkpoint; otherwise they go on')
      .option('--open', 'open the dashboard in a browser')
      .option('--log-level <level>', 'debug, info, warn, error or silent (info)')
      .addHelpText(
        'after',
        '\nExit codes: 0 stopped, 1 something is in the way that may go away (the port is taken, another process works\n' +
          'here), 2 bad usage or configuration: starting it again helps nothing.',
      ),
  examples: [
    'signalbox serve --open',
    'SIGNALBOX_API_TOKEN=… signalbox serve --host 0.0.0.0',
    'signalbox serve --config /etc/signalbox/signalbox.config.yaml --data /var/lib/signalbox',
  ],
  run: options => work(options as ServeOptions).catch(error => codeFor(error, Boolean(options.json))),
};

/** Whoever starts services anew when they fail has to know whether that can help: what is in the way now may go away. */
function codeFor(error: unknown, isJson: boolean): number {
  const mayPass = error instanceof SignalboxError && /^(?:unavailable|conflict)$/.test(error.code);
  if (!mayPass || isBecause(error, 'damagedData')) throw error;
  reportError(error, isJson ? 'lines' : 'words');
  return exitCodes.failed;
}

async function work(options: ServeOptions): Promise<number> {
  const port = options.port === undefined ? undefined : portIn(options.port);
  const { logLevels, coveredSecrets, createLogger, startService, serviceManager } = await import('../service/index.ts');
  const level = logLevels.find(known => known === (options.logLevel ?? 'info'));
  if (level === undefined) {
    throw new SignalboxError('invalid', 'badUsage', `--log-level takes one of ${logLevels.join(', ')}.`);
  }
  const isReadable = Boolean(process.stderr.isTTY);
  const covered = coveredSecrets(process.env);
  const logger = await createLogger({ level, isReadable, secrets: covered.all, out: process.stderr });
  const local = await openData(options, text => logger.warn(text));
  const configuration = await local.here.configuration();
  covered.learn(configuration.config);
  for (const warning of configuration.warnings) logger.warn(warning);

  let isTakenOver = false;
  const interrupted = interruption();
  const service = await startService(local, {
    host: options.host,
    port,
    env: process.env,
    logger,
    onConfiguration: covered.learn,
    news: {
      note: text => logger.info(text),
      warn: text => logger.warn(text),
      onTakenOver() {
        isTakenOver = true;
        interrupted.interrupt();
      },
      onEntry({ position, taskId, actorId, kind, type, outcome, source, headline, reason }) {
        const about = {
          position,
          task: taskId,
          run: kind === 'agentRun' ? actorId : undefined,
          type,
          outcome,
          by: source,
        };
        if (headline === null) logger.debug({ ...about, actor: actorId, reason }, type);
        else logger.info(about, headline);
      },
    },
  });
  const { url, dataDir, projects } = service;
  const named =
    projects.length === 0
      ? 'no project (`signalbox init` writes a configuration with one)'
      : `projects ${projects.join(', ')}`;
  if (options.json) printJsonLine({ event: 'listening', url, dataDir, projects });
  else print(`Signalbox listens on ${url}, works on ${dataDir}, ${named}`);

  if (options.open) await openInBrowser(url, text => logger.warn(text));

  const manager = serviceManager(process.env, error => logger.warn(`systemd was not told: ${messageOf(error)}`));
  await manager.ready(`listens on ${url}`);
  const alive = manager.watch();
  await interrupted.happened;
  alive.close();
  if (!options.json) note('Stopping: requests under way finish (Ctrl-C again to leave at once) …');
  await manager.stopping();
  try {
    await service.close({ stopAgents: Boolean(options.stopAgents) && !isTakenOver });
  } catch (error) {
    if (!isBecause(error, 'takenOver')) throw error;
  }
  interrupted.forget();
  return isTakenOver ? exitCodes.failed : exitCodes.done;
}
