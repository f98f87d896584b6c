/** All tasks by the stage that they are in, moving as they move. */
import { useSelector } from '@xstate/store-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { standings } from '../../../../src/machines/standing.ts';
import { Failed } from '../../parts/failed.tsx';
import { useKeys } from '../../state/keys.ts';
import { useListKeys } from '../../state/list-keys.ts';
import { narrow, placeStore } from '../../state/place.ts';
import { tasksStore } from '../../state/tasks.ts';
import { useNarrow } from '../../state/width.ts';
import { useTexts } from '../../texts/index.ts';
import { Column } from './column.tsx';
import { before, type Column as Columned, columnsOf, ended, filterIn, settled } from './columns.ts';

export function BoardView() {
  const texts = useTexts();
  const { board } = texts;
  const query = useSelector(placeStore, ({ context }) => context.query);
  const { cards, pipelines, loaded, problem } = useSelector(tasksStore, ({ context }) => context);
  // The same filter is the same object: another one would have everything drawn twice.
  const filter = useDeferredValue(useMemo(() => filterIn(query), [query]));
  const last = useRef<readonly Columned[]>([]);
  const columns = useMemo(
    () => settled(last.current, columnsOf(cards.values(), pipelines, filter)),
    [cards, pipelines, filter],
  );
  useEffect(() => {
    last.current = columns;
  }, [columns]);
  const projects = useMemo(() => [...new Set([...cards.values()].map(({ project }) => project))].sort(), [cards]);
  const isNarrow = useNarrow();
  useListKeys();
  const search = useRef<HTMLInputElement>(null);
  useKeys(useMemo(() => ({ '/': () => search.current?.focus() }), []));

  const nameOf = ({ key }: Columned) => (key === before ? board.before : key === ended ? board.ended : key);
  const count = columns.reduce((sum, column) => sum + column.cards.length, 0);
  const isNarrowed = Object.entries(filter).some(([name, value]) => name !== 'group' && value !== '' && value !== null);
  if (problem !== null && loaded === 'nothing') return <Failed error={new Error(problem)} />;
  return (
    <section className="board" aria-labelledby="board">
      <div className="bar">
        <h1 id="board">{texts.views.board}</h1>
        <input
          ref={search}
          type="search"
          aria-label={board.search}
          placeholder={board.search}
          value={query.q ?? ''}
          onChange={({ target }) => narrow({ q: target.value })}
        />
        <Choice name="project" label={board.project} all={board.allProjects} options={projects} />
        <Choice name="pipeline" label={board.pipeline} all={board.allPipelines} options={[...pipelines.keys()]} />
        <Choice
          name="standing"
          label={board.standing}
          all={board.allStandings}
          options={standings}
          words={texts.standing}
        />
        <Choice
          name="group"
          label={board.group}
          all={board.byStage}
          options={['project']}
          words={{ project: board.byProject }}
        />
        <span className="meta">
          {loaded === 'all' ? board.count(count) : loaded === 'some' ? board.readingMore(count) : board.reading}
        </span>
        {isNarrowed && (
          <button
            type="button"
            className="quiet"
            onClick={() => narrow({ q: '', project: '', pipeline: '', standing: '', ids: '' })}
          >
            {board.clear}
          </button>
        )}
      </div>
      {loaded !== 'nothing' && count === 0 && <Empty isNarrowed={isNarrowed} />}
      {count > 0 &&
        (isNarrow ? (
          <OneColumn columns={columns} nameOf={nameOf} isByProject={filter.group === 'project'} />
        ) : (
          <div className="columns">
            {columns.map(column => (
              <Column
                key={column.key}
                name={nameOf(column)}
                cards={column.cards}
                isStageShown={filter.group === 'project'}
              />
            ))}
          </div>
        ))}
    </section>
  );
}

function Empty({ isNarrowed }: { isNarrowed: boolean }) {
  const { board } = useTexts();
  if (isNarrowed) return <p className="empty">{board.emptyNarrowed}</p>;
  return (
    <p className="empty">
      {board.empty} <code>signalbox task add --repo PATH --title "…"</code>
    </p>
  );
}

interface ChoiceProps {
  name: string;
  label: string;
  all: string;
  options: readonly string[];
  words?: Readonly<Record<string, string>>;
}

function Choice({ name, label, all, options, words = {} }: ChoiceProps) {
  const chosen = useSelector(placeStore, ({ context }) => context.query[name] ?? '');
  const known = chosen === '' || options.includes(chosen) ? options : [...options, chosen];
  return (
    <select aria-label={label} value={chosen} onChange={({ target }) => narrow({ [name]: target.value })}>
      <option value="">{all}</option>
      {known.map(option => (
        <option key={option} value={option}>
          {words[option] ?? option}
        </option>
      ))}
    </select>
  );
}

interface OneColumnProps {
  columns: readonly Columned[];
  nameOf(column: Columned): string;
  isByProject: boolean;
}

/** On a phone one column at a time has the whole width. */
function OneColumn({ columns, nameOf, isByProject }: OneColumnProps) {
  const fullest = columns.find(({ cards }) => cards.length > 0) ?? columns[0]!;
  const [key, setKey] = useState(fullest.key);
  const shown = columns.find(column => column.key === key) ?? fullest;
  return (
    <>
      <div className="tabs" role="group" aria-label={nameOf(shown)}>
        {columns.map(column => (
          <button key={column.key} type="button" aria-pressed={column === shown} onClick={() => setKey(column.key)}>
            {nameOf(column)} {column.cards.length}
          </button>
        ))}
      </div>
      <div className="columns">
        <Column name={nameOf(shown)} cards={shown.cards} isStageShown={isByProject} />
      </div>
    </>
  );
}
