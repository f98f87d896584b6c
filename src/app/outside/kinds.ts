/** The actors that speak with trackers and chats, with what each needs for it. */
import { fromPromise } from 'xstate';
import { SignalboxError } from '../../domain/errors.ts';
import type { OutsideError } from '../../integrations/outside.ts';
import type { Arranged, CandidateContext, ReadItem } from '../../machines/candidate.ts';
import type { Heard } from '../../machines/conversation.ts';
import type { CardMove, Scanned } from '../../machines/intake.ts';
import type { Telling } from '../../machines/notifier.ts';
import type { ArrangedRoutine, Planned, RoutinePlan } from '../../machines/routine.ts';
import type { Blocker, LookedAtBlockers } from '../../machines/task/context.ts';
import type { ItemShowing } from '../../machines/task/report.ts';
import type { Checked, Told, WordContext } from '../../machines/word.ts';
import type { JobInput, LanedEffect, MachineKind } from '../../runtime/index.ts';
import { chatLane, trackerLane } from '../lanes.ts';
import { patiently } from '../patiently.ts';
import { arrangeItem } from './arranging.ts';
import { lookAtBlockers } from './blockers.ts';
import type { Ground } from './ground.ts';
import { type ListenInput, listen } from './listening.ts';
import { followLog, hearButtons, sendNotice } from './notifying.ts';
import { readItem } from './reading.ts';
import { arrangeRoutine, planNext } from './routines.ts';
import { type ScanInput, scan } from './scanning.ts';
import { moveCard, showItem } from './showing.ts';
import { type AnswerOrder, answerWord, checkWord, tellWord } from './words.ts';

type Parts = Record<string, Pick<MachineKind, 'actors' | 'effects'>>;

export function outsideKinds(ground: Ground): Parts {
  return {
    conversation: {
      actors: { listen: fromPromise<Heard, ListenInput>(({ input }) => listen(ground, input)) },
      effects: { makeWord: { makes: 'word' } },
    },
    word: {
      actors: {
        check: fromPromise<Checked, WordContext>(({ input }) => checkWord(ground, input)),
        tell: fromPromise<Told, JobInput<WordContext>>(async ({ input }) =>
          tellWord(await ground.runtime(), input.job.actorId, input),
        ),
      },
      effects: {
        answer: laned<AnswerOrder>(
          ({ place }) => (place.at === 'chat' ? chatLane(place.name) : trackerLane(place.name)),
          order => answerWord(ground, order),
        ),
      },
    },
    candidate: {
      actors: {
        read: fromPromise<ReadItem, CandidateContext>(({ input }) => readItem(ground, input)),
        arrange: fromPromise<Arranged, CandidateContext>(({ input, signal }) => arrangeItem(ground, input, signal)),
      },
      effects: { createTask: { makes: 'task' } },
    },
    intake: {
      actors: { scan: fromPromise<Scanned, ScanInput>(({ input, signal }) => scan(ground, input, signal)) },
      effects: {
        moveCard: laned<CardMove>(
          ({ tracker }) => trackerLane(tracker),
          order => moveCard(ground, order),
        ),
      },
    },
    routine: {
      actors: {
        plan: fromPromise<Planned, { plan: RoutinePlan; after: number | null }>(async ({ input }) =>
          planNext(input, Date.now()),
        ),
        arrange: fromPromise<ArrangedRoutine, Parameters<typeof arrangeRoutine>[1]>(({ input }) =>
          arrangeRoutine(ground, input),
        ),
      },
      effects: { createTask: { makes: 'task' } },
    },
    notifier: {
      actors: { followLog: followLog(ground), hearButtons: hearButtons(ground) },
      effects: {
        sendNotice: laned<Telling>(
          ({ chat }) => chatLane(chat),
          order => sendNotice(ground, order),
        ),
        makeWord: { makes: 'word' },
      },
    },
  };
}

/** What a task itself needs of trackers. */
export function taskOutside(ground: Ground): Pick<MachineKind, 'actors' | 'effects'> {
  return {
    actors: {
      lookAtBlockers: fromPromise<LookedAtBlockers, { taskId: string; blockers: Blocker[] }>(({ input }) =>
        lookAtBlockers(ground, input),
      ),
    },
    effects: {
      showItem: laned<ItemShowing>(
        ({ tracker }) => trackerLane(tracker),
        order => showItem(ground, order),
      ),
      openConversation: { makes: 'conversation' },
    },
  };
}

/** An action in the lane of whoever it goes to. */
function laned<Order>(lane: (order: Order) => string, deliver: (order: Order) => Promise<unknown>): LanedEffect {
  return { lane, deliver: (order: Order) => patiently(() => deliver(order), refused) };
}

const refused = (words: string, cause: OutsideError) =>
  new SignalboxError('invalid', 'outsideRefused', words, { cause });
