/**
 * Runs a program in namespaces of its own with bubblewrap: no daemon, no image, no rights. It sees this machine's programs
 * read-only, its worktree, a home of its own, and no process but its own. See docs/decisions/008-sandbox.md.
 */
import { existsSync, rmSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { SignalboxError } from '../../domain/errors.ts';
import { findProgram } from '../find-program.ts';
import type { Sandbox, SandboxRequest } from '../sandbox.ts';
import { installationOf } from './installation.ts';
import {
  isWithin,
  layoutOf,
  linkAt,
  linksOn,
  type Place,
  placeOf,
  realPath,
  refuseLinks,
  unsupported,
} from './layout.ts';

const checkMs = 10_000;

/**
 * A request to end goes to every process of a run. Bubblewrap's own, which stands between the program and us, would end at
 * once and take the program with it; so it is started with these signals ignored, and the program with the default again.
 */
const signals = ['HUP', 'INT', 'QUIT', 'TERM'];
const deaf = ['/bin/sh', '-c', `trap '' ${signals.join(' ')}; exec "$@"`, 'signalbox-bubblewrap'];
const hearing = ['/usr/bin/env', `--default-signal=${signals.join(',')}`, '--'];

/**
 * The frame. The sandbox ends with its parent, which is the shim and no orchestrator, so it outlives a crash of ours. The
 * root user keeps no capability inside, and could still write the kernel's settings: those are read-only. Terminals cannot
 * be typed into: there is none, and the program is not the leader of its session.
 */
const frame = [
  ...['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--cap-drop', 'ALL'],
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys'],
];

export const bubblewrap: Sandbox = {
  driver: 'bubblewrap',
  async check(spec) {
    const problem = unsupported(spec);
    if (problem !== null) return problem;
    const net = spec.network ? [] : ['--unshare-net'];
    const { failed, code, stderr, exitCode } = await execa('bwrap', [...frame, ...net, '--', ...hearing, 'true'], {
      reject: false,
      timeout: checkMs,
      stdin: 'ignore',
    });
    if (!failed) return null;
    if (code === 'ENOENT') {
      return 'The sandbox bubblewrap is not installed: the program bwrap is missing; install it with `apt-get install bubblewrap`.';
    }
    const words = stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`;
    if (/default-signal/.test(stderr)) {
      return `The sandbox bubblewrap needs /usr/bin/env of GNU coreutils 8.31 or newer: ${words}.`;
    }
    if (/namespace|not permitted|permission denied|uid map|RTM_NEWADDR/i.test(stderr)) {
      return `The sandbox bubblewrap may not make user namespaces here (${words}); allow them with the sysctls kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap.`;
    }
    return `The sandbox bubblewrap does not work here: ${words}.`;
  },

  wrap(request) {
    const { spec, argv, env } = request;
    const problem = unsupported(spec);
    if (problem !== null) throw new SignalboxError('invalid', 'badSandbox', problem);
    if (argv[0]?.includes('=')) {
      throw new SignalboxError(
        'invalid',
        'badSandbox',
        `A program with = in its name cannot be run in bubblewrap; got ${argv[0]}.`,
      );
    }
    const covered = [...coveredPlaces(), ...(env.HOME === undefined ? [] : [env.HOME])];
    const search = {
      path: env.PATH ?? '',
      cwd: request.cwd,
      homes: [...userHomes(), realPath(env.HOME ?? request.home)],
    };
    const program = installationOf(argv[0] ?? '', search);
    const isCovered = (path: string) =>
      covered.some(place => isWithin(realPath(place), path)) &&
      // A program in a hidden directory is named in `readable`, or is not there.
      !request.hidden.some(directory => isWithin(realPath(directory), path));
    const { places, cwd, home } = layoutOf(request, [
      ...coveredPlaces().map(path => ({ path, view: 'covered' as const })),
      ...[...program.parts, ...(spec.network ? resolverFiles() : [])]
        .filter(isCovered)
        .map(path => ({ path, view: 'readable' as const })),
    ]);
    if (!existsSync(home) && (placeOf(places, dirname(home))?.view ?? 'readable') === 'readable') {
      throw new SignalboxError(
        'invalid',
        'badSandbox',
        `HOME is ${env.HOME}, which is not there; a sandbox needs a directory to put the home on.`,
      );
    }
    const net = spec.network ? [] : ['--unshare-net'];
    return {
      argv: [
        ...deaf,
        findProgram('bwrap', process.env.PATH ?? '').path ?? 'bwrap',
        ...frame,
        ...net,
        ...places.flatMap(mountOf),
        ...linksFor(request, program.names, { places, home }),
        ...agentSockets(places).flatMap(socket => ['--ro-bind', '/dev/null', socket]),
        // Only after everything inside has been put there.
        ...places.filter(isSealed).flatMap(({ path }) => ['--remount-ro', path]),
        ...['--chdir', cwd, '--', ...hearing],
        ...argv,
      ],
      // Through the environment and never as arguments, which every user of the machine can read.
      env: { ...env },
    };
  },

  // Whoever kills the shim's tree kills the first process of the namespace, and the kernel all others with it.
  end: async () => {},
};

const temporary = ['/tmp', '/var/tmp'];

function userHomes(): string[] {
  return [homedir(), userInfo().homedir]
    .filter(home => existsSync(home))
    .map(realPath)
    .filter(home => home !== '/');
}

/** `/run` holds the sockets of daemons that do what they are told: containers, buses, key agents. */
function coveredPlaces(): string[] {
  return [
    ...new Set([...temporary, '/run', '/var/run'].filter(path => existsSync(path)).map(realPath)),
    ...userHomes(),
  ];
}

/** Names are looked up with a file that often lives in `/run`, beside the socket of the resolver. */
function resolverFiles(): string[] {
  const file = realPath('/etc/resolv.conf');
  return [dirname(file) === '/run' ? file : dirname(file)];
}

/** Sockets that the orchestrator has been told of and that lie in none of the usual places. */
function agentSockets(places: readonly Place[]): string[] {
  return [process.env.SSH_AUTH_SOCK, process.env.DOCKER_HOST?.replace(/^unix:\/\//, '')]
    .filter(path => path?.startsWith('/') && existsSync(path))
    .map(path => realPath(path!))
    .filter(path => {
      const place = placeOf(places, path);
      // One that is mounted by its own name is meant to be there; the private home has none of the real one.
      return place === undefined || (place.view !== 'covered' && place.source === place.path && place.path !== path);
    });
}

function mountOf({ path, view, source }: Place): string[] {
  if (view === 'covered') return ['--tmpfs', path];
  return [view === 'writable' ? '--bind' : '--ro-bind', source, path];
}

/** What is written into a cover is lost; where no program expects to write, it should hear so. */
const isSealed = ({ path, view }: Place) => view === 'covered' && !temporary.includes(path);

/** The links on the way to what is shown, where a cover has taken them away. */
function linksFor(
  request: SandboxRequest,
  programs: readonly string[],
  { places, home }: { places: readonly Place[]; home: string },
): string[] {
  const { cwd, readable, writable, spec, env } = request;
  const asked = [cwd, ...readable, ...writable, ...spec.mounts.map(({ path }) => path), ...programs, env.HOME ?? cwd];
  const links = new Map(asked.flatMap(linksOn).map(({ at, to }) => [at, to]));
  return [...links].flatMap(([at, to]) => {
    const place = placeOf(places, at);
    if (place === undefined || at === place.path) return [];
    if (place.view === 'covered') return ['--symlink', to, at];
    if (place.path !== home) return [];
    // The home keeps what was put there by the run before; a program may have been updated since.
    const root = realPath(request.home);
    const kept = join(root, relative(home, at));
    refuseLinks(root, relative(root, dirname(kept)));
    const target = linkAt(kept);
    if (target === to || (target === undefined && existsSync(kept))) return [];
    rmSync(kept, { force: true });
    return ['--symlink', to, at];
  });
}
