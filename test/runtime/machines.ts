/** Machines of the tests' own: between them they use every feature of XState that the runtime carries. */
import {
  and,
  assign,
  cancel,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  not,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stateIn,
  stopChild,
} from 'xstate';

interface Counting {
  count: number;
  log: string[];
}

const counting = () => ({ count: 0, log: [] as string[] });

/** Nested states, shallow and deep history, `always`, raised events, guards combined, reentry. */
export const nested = setup({
  types: {} as { context: Counting; events: { type: 'next' | 'back' | 'out' | 'deep' | 'again' | 'jump' | 'reset' } },
  guards: {
    isEven: ({ context }) => context.count % 2 === 0,
    isLarge: ({ context }) => context.count > 4,
  },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    clear: assign({ count: 0 }),
    write: assign({
      log: ({ context }, params: { word: string }) => [...context.log, params.word].slice(-6),
    }),
    raiseNext: raise({ type: 'next' }),
    branch: enqueueActions(({ context, enqueue, check }) => {
      if (check(() => context.count % 2 === 0))
        enqueue.assign({ log: [...context.log, `even ${context.count}`].slice(-6) });
      else enqueue.raise({ type: 'deep' });
    }),
  },
}).createMachine({
  id: 'nested',
  context: counting,
  initial: 'outside',
  on: { reset: { target: '.outside', actions: ['clear', { type: 'write', params: { word: 'reset' } }] } },
  states: {
    outside: {
      entry: 'count',
      on: { next: 'inside', back: 'inside.shallow', deep: 'inside.deep', jump: 'transit' },
    },
    transit: {
      always: [
        { guard: and(['isEven', not('isLarge')]), target: 'inside.second.low' },
        { guard: 'isLarge', target: 'outside', actions: 'clear' },
        { target: 'inside' },
      ],
    },
    inside: {
      initial: 'first',
      exit: { type: 'write', params: { word: 'left' } },
      on: { out: 'outside', jump: { actions: ['branch', 'count'] } },
      states: {
        shallow: { type: 'history', history: 'shallow' },
        deep: { type: 'history', history: 'deep', target: 'second.high' },
        first: { on: { next: { target: 'second', actions: 'count' }, again: { target: 'first', reenter: true } } },
        second: {
          initial: 'low',
          entry: { type: 'write', params: { word: 'second' } },
          states: {
            low: { on: { next: 'high', again: { actions: 'raiseNext' } } },
            high: { entry: 'count', on: { next: '#nested.inside.first', again: { target: 'high', reenter: true } } },
          },
        },
      },
    },
  },
});

/** Parallel regions that look at each other, re-entered regions, final regions and `onDone`. */
export const parallel = setup({
  types: {} as { context: Counting; events: { type: 'left' | 'right' | 'both' | 'restart' | 'finish' | 'open' } },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    write: assign({ log: ({ context }, params: { word: string }) => [...context.log, params.word].slice(-8) }),
  },
  guards: { leftIsOn: stateIn({ running: { left: 'on' } }) },
}).createMachine({
  id: 'parallel',
  context: counting,
  initial: 'running',
  states: {
    running: {
      type: 'parallel',
      on: { restart: { target: 'running', reenter: true } },
      onDone: { target: 'finished', actions: 'count' },
      states: {
        left: {
          initial: 'off',
          on: { both: { actions: { type: 'write', params: { word: 'left both' } } } },
          states: {
            off: { on: { left: 'on' } },
            on: { entry: 'count', on: { left: 'off', finish: 'end' } },
            end: { type: 'final' },
          },
        },
        right: {
          initial: 'off',
          on: { both: { target: '.off', reenter: true, actions: { type: 'write', params: { word: 'right both' } } } },
          states: {
            off: { on: { right: { guard: 'leftIsOn', target: 'on' } } },
            on: {
              on: { right: 'off', finish: { target: 'end', actions: { type: 'write', params: { word: 'end' } } } },
            },
            end: { type: 'final' },
          },
        },
        middle: {
          initial: 'waiting',
          states: {
            waiting: { always: { guard: 'leftIsOn', target: 'end' } },
            end: { type: 'final', entry: { type: 'write', params: { word: 'middle' } } },
          },
        },
      },
    },
    finished: { on: { open: 'running' } },
  },
});

/** `after`, delayed raise with and without id, cancel, dynamic delays, chains of timers. */
export const timed = setup({
  types: {} as { context: Counting; events: { type: 'start' | 'stop' | 'poke' | 'later' | 'never' | 'tick' } },
  delays: { growing: ({ context }) => 10 + context.count * 5, short: 7 },
  actions: {
    count: assign({ count: ({ context }) => (context.count + 1) % 9 }),
    write: assign({ log: ({ context }, params: { word: string }) => [...context.log, params.word].slice(-6) }),
    tickLater: raise({ type: 'tick' }, { delay: 25, id: 'tick' }),
    callOffTick: cancel('tick'),
  },
}).createMachine({
  id: 'timed',
  context: counting,
  initial: 'idle',
  on: {
    // Called off first: a live actor fires a timer whose id is used again twice and can no longer cancel the first.
    later: { actions: ['callOffTick', 'tickLater'] },
    never: { actions: 'callOffTick' },
    tick: { actions: { type: 'write', params: { word: 'tick' } } },
  },
  states: {
    idle: { on: { start: 'waiting' } },
    waiting: {
      entry: 'count',
      on: { stop: 'idle', poke: { target: 'waiting', reenter: true } },
      after: { growing: 'ringing' },
    },
    ringing: {
      after: {
        short: { target: 'idle', actions: { type: 'write', params: { word: 'rang' } } },
        3: { actions: 'count' },
      },
      on: { stop: 'idle' },
    },
  },
});

/** A child with input, output, errors and a word for its parent. */
export const child = setup({
  types: {} as {
    input: { from: number };
    context: { sum: number };
    events: { type: 'add' | 'done' | 'fail' | 'tell' };
  },
  actions: {
    add: assign({ sum: ({ context }) => context.sum + 1 }),
    tell: sendParent(({ context }: { context: { sum: number } }) => ({ type: 'told', sum: context.sum })),
    breakDown: assign(() => {
      throw new Error('the child breaks down');
    }),
  },
}).createMachine({
  id: 'child',
  context: ({ input }) => ({ sum: input.from }),
  initial: 'adding',
  states: {
    adding: { on: { add: { actions: 'add' }, tell: { actions: 'tell' }, done: 'ended' }, after: { 50: 'ended' } },
    ended: { type: 'final', entry: 'tell' },
  },
  output: ({ context }) => ({ total: context.sum }),
});

/** Invoked machines, `spawnChild`, `stopChild`, `sendTo`, `onDone`, a callback that answers. */
export const family = setup({
  types: {} as {
    context: Counting;
    events:
      | { type: 'invite' | 'add' | 'ask' | 'leave' | 'dismiss' | 'spawn' | 'ring' | 'echo' }
      | { type: 'told'; sum: number };
  },
  actors: {
    child,
    bell: fromCallback(({ sendBack, receive }) => {
      receive(event => sendBack({ type: 'echo', of: (event as { type: string }).type }));
    }),
  },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    write: assign({ log: ({ context }, params: { word: string }) => [...context.log, params.word].slice(-6) }),
    hear: assign({
      log: ({ context, event }) => [...context.log, `told ${'sum' in event ? event.sum : '?'}`].slice(-6),
    }),
    add: sendTo('guest', { type: 'add' }),
    ask: sendTo('guest', { type: 'tell' }),
    dismiss: sendTo('guest', { type: 'done' }),
    ring: sendTo('bell', { type: 'ring' }),
    spawnExtra: spawnChild('child', { id: 'extra', input: { from: 100 } }),
    stopExtra: stopChild('extra'),
  },
}).createMachine({
  id: 'family',
  context: counting,
  initial: 'alone',
  on: { told: { actions: 'hear' }, echo: { actions: 'count' } },
  states: {
    alone: { on: { invite: 'together', ring: 'listening' } },
    together: {
      invoke: {
        id: 'guest',
        src: 'child',
        input: ({ context }) => ({ from: context.count }),
        onDone: { target: 'alone', actions: [{ type: 'write', params: { word: 'guest done' } }, 'count'] },
      },
      on: { add: { actions: 'add' }, ask: { actions: 'ask' }, dismiss: { actions: 'dismiss' }, leave: 'alone' },
    },
    listening: {
      entry: 'spawnExtra',
      exit: 'stopExtra',
      invoke: { id: 'bell', src: 'bell' },
      on: { ring: { actions: 'ring' }, leave: 'alone' },
    },
  },
});

/** Promises that succeed and fail, named effects, emitted events, a final state with output. */
export const worker = setup({
  types: {} as {
    context: { results: string[] };
    events: { type: 'go'; word: string } | { type: 'bad' } | { type: 'quit' } | { type: 'note' };
    emitted: { type: 'noted' };
    output: { results: string[] };
  },
  actors: {
    echo: fromPromise<string, { word: string }>(async ({ input }) => {
      if (input.word === 'fail') throw new Error('it failed');
      return input.word.toUpperCase();
    }),
  },
  guards: {
    explode: () => {
      throw new Error('the guard explodes');
    },
  },
  actions: {
    keep: assign({
      results: ({ context, event }) => [...context.results, String((event as unknown as { output: string }).output)],
    }),
    keepError: assign({
      results: ({ context, event }) => [
        ...context.results,
        `error: ${(event as unknown as { error: { message: string } }).error.message}`,
      ],
    }),
    publish: (_, _params: { text: string }) => {},
    emitNoted: emit({ type: 'noted' }),
  },
}).createMachine({
  id: 'worker',
  context: { results: [] },
  initial: 'idle',
  states: {
    idle: {
      on: {
        go: 'working',
        bad: { guard: 'explode', target: 'working' },
        note: { actions: [{ type: 'publish', params: { text: 'note' } }, 'emitNoted'] },
        quit: 'ended',
      },
    },
    working: {
      invoke: {
        id: 'echo',
        src: 'echo',
        input: ({ event }) => ({ word: 'word' in event ? event.word : '' }),
        onDone: { target: 'idle', actions: 'keep' },
        onError: { target: 'idle', actions: 'keepError' },
      },
    },
    ended: { type: 'final' },
  },
  output: ({ context }) => ({ results: context.results }),
});
