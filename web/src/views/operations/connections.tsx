/** With whom the service speaks: forges, trackers, chats, and work that is ordered again and again. */
import type { Answer } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { Link } from '../../parts/link.tsx';
import { Age } from '../../parts/when.tsx';
import { useRead } from '../../state/read.ts';
import { useTexts } from '../../texts/index.ts';

/** What they have to be asked for is asked seldom: each is a server of somebody else. */
const everyMs = 60_000;

export function Connections() {
  const { operations } = useTexts();
  return (
    <>
      <Part title={operations.forges} none={operations.noForges} path="/forges" of={forgesIn} />
      <Part title={operations.trackers} none={operations.noTrackers} path="/trackers" of={trackersIn} />
      <Part title={operations.chats} none={operations.noChats} path="/chats" of={chatsIn} />
      <Part title={operations.routines} none={operations.noRoutines} path="/routines" of={routinesIn} />
    </>
  );
}

interface Connected {
  name: string;
  about: string;
  problem: string | null;
  waiting: { count: number; oldest: string | null };
  task: string | null;
}

interface PartProps<Given> {
  title: string;
  none: string;
  path: string;
  of(answer: Given): Connected[];
}

function Part<Given>({ title, none, path, of }: PartProps<Given>) {
  const texts = useTexts();
  const { value, error, again } = useRead<Given>(path, { everyMs });
  return (
    <section>
      <h2>{title}</h2>
      {error !== undefined && value === undefined && <Failed error={error} again={again} />}
      {value === undefined && error === undefined && <p className="reading">{texts.reading}</p>}
      {value !== undefined && of(value).length === 0 && <p className="empty">{none}</p>}
      <ul className="rows">
        {(value === undefined ? [] : of(value)).map(({ name, about, problem, waiting, task }) => (
          <li key={name} className={problem === null ? 'passed' : 'failed'}>
            <b>{name}</b>
            <span>
              {about} {problem !== null && <span className="problem">{problem}</span>}
            </span>
            <span className="meta">
              {waiting.count > 0 && texts.operations.toDeliver(waiting.count)}{' '}
              {waiting.oldest !== null && <Age at={waiting.oldest} />}
              {task !== null && <Link to={`/tasks/${encodeURIComponent(task)}`}>{task}</Link>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const said = (problem: { why: string; remedy: string } | null) =>
  problem === null ? null : `${problem.why}; ${problem.remedy}`;
const join = (parts: readonly (string | null)[]) => parts.filter(Boolean).join(' · ');

const forgesIn = ({ forges }: Answer<'forge.list'>): Connected[] =>
  forges.map(({ name, kind, url, account, version, problem, projects, waiting }) => ({
    name,
    about: join([kind, version, url, account, projects.map(({ project }) => project).join(', ')]),
    problem: said(problem),
    waiting: { count: waiting.actions, oldest: waiting.oldest },
    task: null,
  }));

const trackersIn = ({ trackers }: Answer<'tracker.list'>): Connected[] =>
  trackers.map(({ name, kind, url, account, version, problem, projects, waiting }) => ({
    name,
    about: join([kind, version, url, account, projects.map(({ project }) => project).join(', ')]),
    problem: said(problem),
    waiting: { count: waiting.actions, oldest: waiting.oldest },
    task: null,
  }));

const chatsIn = ({ chats }: Answer<'chat.list'>): Connected[] =>
  chats.map(({ name, kind, account, problem, waiting }) => ({
    name,
    about: join([kind, account]),
    problem: said(problem),
    waiting: { count: waiting.actions, oldest: waiting.oldest },
    task: null,
  }));

const routinesIn = ({ routines }: Answer<'routine.list'>): Connected[] =>
  routines.map(({ name, project, cron, title, problem, why, lastTask }) => ({
    name,
    about: join([project, cron, title, why]),
    problem,
    waiting: { count: 0, oldest: null },
    task: lastTask,
  }));
