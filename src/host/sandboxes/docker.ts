/**
 * Runs a program in a container: its files are the image's, its processors and memory are limited, and it sees of this
 * machine only what is mounted. The container belongs to the daemon: killing the client does not end it, `end` does.
 */
import { execa } from 'execa';
import { SignalboxError } from '../../domain/errors.ts';
import type { Sandbox } from '../sandbox.ts';
import { layoutOf, type Place, placeOf, unsupported } from './layout.ts';

const checkMs = 10_000;
const endMs = 30_000;

/**
 * What the docker client needs of the orchestrator's environment to find its daemon. The program may have variables of the
 * same names with other values, so those are given to it on the command line: they are places and switches, no secrets.
 */
const clientVariables = [
  ...['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG'],
  ...['DOCKER_CERT_PATH', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_API_VERSION'],
];

/** Inherited from the orchestrator they speak of places on this machine, and an image has its own. */
const machineVariables = ['PATH', 'SHELL', 'TMPDIR'];

export const docker: Sandbox = {
  driver: 'docker',
  async check(spec) {
    const problem = unsupported(spec);
    if (problem !== null) return problem;
    if (!isImage(spec.image)) return imageProblem(spec.image);
    const version = await run(['version', '--format', '{{.Server.Version}}'], checkMs);
    if (version.isMissing) {
      return 'The sandbox docker is not installed: the program docker is missing; install it as docs.docker.com/engine/install says.';
    }
    if (version.isLate)
      return `The docker daemon did not answer within ${checkMs / 1_000} s; see \`systemctl status docker\`.`;
    if (version.code !== 0) {
      return `The docker daemon does not answer (${version.words}); start it, and let this user into the group docker.`;
    }
    const image = await run(['image', 'inspect', '--format', '{{.Id}}', spec.image], checkMs);
    if (image.code === 0) return null;
    return `The image ${spec.image} is not on this machine; get it with \`docker pull ${spec.image}\` or build it.`;
  },

  wrap(request) {
    const { spec, name, argv, env } = request;
    const problem = unsupported(spec);
    if (problem !== null) throw new SignalboxError('invalid', 'badSandbox', problem);
    if (!isImage(spec.image)) throw new SignalboxError('invalid', 'badSandbox', imageProblem(spec.image));
    refuseName(name);
    const { places, cwd } = layoutOf(request);
    const variables = Object.entries(env).filter(
      ([key, value]) => !(machineVariables.includes(key) && value === process.env[key]),
    );
    const byName = variables.filter(([key]) => !clientVariables.includes(key));
    const byValue = variables.filter(([key]) => clientVariables.includes(key));
    return {
      argv: [
        ...[
          'docker',
          'run',
          '--rm',
          '--init',
          '--interactive',
          '--pull',
          'never',
          '--name',
          name,
          '--label',
          'signalbox=1',
        ],
        ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
        ...['--network', spec.network ? 'bridge' : 'none'],
        ...(spec.cpus === null ? [] : ['--cpus', String(spec.cpus)]),
        ...(spec.memoryMb === null ? [] : ['--memory', `${spec.memoryMb}m`]),
        ...(process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : []),
        ...places.filter(isNeeded(places)).flatMap(mountOf),
        ...['--workdir', cwd],
        ...byName.flatMap(([key]) => ['--env', key]),
        ...byValue.flatMap(([key, value]) => ['--env', `${key}=${value}`]),
        // The image's own entry point would run instead, with the program as an argument.
        ...['--entrypoint', '', spec.image],
        ...argv,
      ],
      env: { ...Object.fromEntries(byName), ...clientEnvironment() },
    };
  },

  async end(name) {
    refuseName(name);
    const { code, words, isLate } = await run(['rm', '--force', name], endMs);
    if (code === 0 || /no such container|removal of container .* is already in progress/i.test(words)) return;
    const why = isLate ? `no answer within ${endMs / 1_000} s` : words;
    throw new SignalboxError('unavailable', 'containerStuck', `The container ${name} could not be removed: ${why}.`);
  },
};

const imageProblem = (image: string | null) =>
  image === null
    ? 'The sandbox docker needs an image; name one under sandbox.image.'
    : `An image is named like repository:tag; got ${image}.`;

/** A name that began with a dash would be an option. */
function isImage(image: string | null): image is string {
  return image !== null && /^[A-Za-z0-9][\w./:@-]*$/.test(image);
}

function refuseName(name: string): void {
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) return;
  throw new SignalboxError(
    'invalid',
    'badSandbox',
    `A container's name has letters, digits, dot, dash and underscore; got ${name}.`,
  );
}

function clientEnvironment(): Record<string, string> {
  return Object.fromEntries(
    clientVariables.flatMap(key => (process.env[key] === undefined ? [] : [[key, process.env[key]]])),
  );
}

/** Nothing of this machine is in the container: a cover is needed only inside of something that was mounted. */
const isNeeded = (places: readonly Place[]) => (place: Place) =>
  place.view !== 'covered' || placeOf(places.slice(0, places.indexOf(place)), place.path) !== undefined;

/** `--mount` and not `--volume`: a path may have a colon, and a source that is missing must not be made by root. */
function mountOf({ path, view, source }: Place): string[] {
  const fields =
    view === 'covered'
      ? ['type=tmpfs', `target=${path}`]
      : ['type=bind', `source=${source}`, `target=${path}`, ...(view === 'readable' ? ['readonly'] : [])];
  return ['--mount', fields.map(quoted).join(',')];
}

/** Docker reads the fields as a line of CSV. */
const quoted = (field: string) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

async function run(args: readonly string[], timeoutMs: number) {
  const { exitCode, code, timedOut, stderr } = await execa('docker', [...args], {
    env: clientEnvironment(),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    // A client that waits for its daemon need not heed the first signal.
    forceKillAfterDelay: 1_000,
  });
  const isMissing = code === 'ENOENT';
  const words =
    (stderr ?? '').trim().split('\n').at(-1)?.replace(/[.?]$/, '') ||
    (isMissing ? 'docker is not installed' : `exit code ${exitCode}`);
  return { code: exitCode, words, isMissing, isLate: timedOut };
}
