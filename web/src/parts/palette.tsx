/** Everything by its name: tasks, views, actions, language and theme. */
import { useSelector } from '@xstate/store-react';
import { useMemo, useState } from 'react';
import { go } from '../state/place.ts';
import { settingsStore } from '../state/settings.ts';
import { tasksStore } from '../state/tasks.ts';
import { languages, useTexts } from '../texts/index.ts';
import { Dialog } from './dialog.tsx';

interface Choice {
  id: string;
  label: string;
  about: string;
  choose(): void;
}

const mostShown = 16;

export function Palette({ close, openHelp }: { close(): void; openHelp(): void }) {
  const texts = useTexts();
  const cards = useSelector(tasksStore, ({ context }) => context.cards);
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState(0);
  const fixed = useMemo<Choice[]>(() => {
    const to = (path: string, label: string): Choice => ({ id: path, label, about: path, choose: () => go(path) });
    return [
      ...[to('/needs-you', texts.views.needsYou), to('/board', texts.views.board), to('/agents', texts.views.agents)],
      ...[to('/figures', texts.views.figures), to('/pipelines', texts.views.pipelines)],
      to('/operations', texts.views.operations),
      { id: 'docs', label: texts.views.apiDocs, about: '/docs', choose: () => location.assign('/docs') },
      {
        id: 'inspector',
        label: texts.views.inspector,
        about: '/inspector',
        choose: () => location.assign('/inspector'),
      },
      { id: 'help', label: texts.help.title, about: '?', choose: openHelp },
      ...(['system', 'light', 'dark'] as const).map(theme => ({
        ...{ id: `theme ${theme}`, label: `${texts.palette.theme}: ${texts.theme[theme]}`, about: '' },
        choose: () => settingsStore.trigger.lit({ theme }),
      })),
      ...languages.map(([language, name]) => ({
        ...{ id: `language ${language}`, label: `${texts.palette.language}: ${name}`, about: '' },
        choose: () => settingsStore.trigger.spoke({ language }),
      })),
    ];
  }, [texts, openHelp]);

  const found = useMemo(() => {
    const wanted = words.trim().toLowerCase();
    const isLike = (text: string) => wanted.split(/\s+/).every(word => text.toLowerCase().includes(word));
    const tasks: Choice[] = [];
    if (wanted !== '') {
      for (const { id, title, standing } of cards.values()) {
        if (tasks.length === mostShown) break;
        const place = `/tasks/${encodeURIComponent(id)}`;
        if (isLike(`${id} ${title}`))
          tasks.push({ id, label: `${id} ${title}`, about: texts.standing[standing], choose: () => go(place) });
      }
    }
    return [...tasks, ...fixed.filter(({ label }) => isLike(label))].slice(0, mostShown);
  }, [words, cards, fixed, texts]);

  const take = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    close();
    choice.choose();
  };
  const at = Math.min(chosen, found.length - 1);
  return (
    <Dialog label={texts.palette.title} close={close}>
      <input
        autoFocus
        className="palette"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] === undefined ? undefined : `palette-${at}`}
        aria-label={texts.palette.hint}
        placeholder={texts.palette.hint}
        value={words}
        onChange={({ target }) => {
          setWords(target.value);
          setChosen(0);
        }}
        onKeyDown={event => {
          if (event.key === 'ArrowDown') setChosen((at + 1) % Math.max(1, found.length));
          else if (event.key === 'ArrowUp') setChosen((at + found.length - 1) % Math.max(1, found.length));
          else if (event.key === 'Enter') take(found[at]);
          else return;
          event.preventDefault();
        }}
      />
      <div role="listbox" id="palette-list" aria-label={texts.palette.title} className="choices">
        {found.map((choice, index) => (
          <div
            key={choice.id}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => take(choice)}
          >
            {choice.label}
            <small>{choice.about}</small>
          </div>
        ))}
      </div>
      {found.length === 0 && <p>{texts.palette.none}</p>}
    </Dialog>
  );
}
