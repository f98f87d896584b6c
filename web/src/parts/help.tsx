/** The keys. */
import { useTexts } from '../texts/index.ts';
import { Dialog } from './dialog.tsx';

export function Help({ close }: { close(): void }) {
  const { help } = useTexts();
  const keys: [string, string][] = [
    ['⌘K · Ctrl K', help.palette],
    ['j · k', help.move],
    ['Enter', help.open],
    ['a', help.approve],
    ['r', help.reject],
    ['w', help.answer],
    ['/', help.search],
    ['[ · ]', help.scrub],
    ['g n', help.goNeeds],
    ['g b', help.goBoard],
    ['g a', help.goAgents],
    ['g f', help.goFigures],
    ['g p', help.goPipelines],
    ['g o', help.goOperations],
    ['?', help.help],
    ['Esc', help.close],
  ];
  return (
    <Dialog label={help.title} close={close}>
      <h2>{help.title}</h2>
      <dl className="keys">
        {keys.map(([key, means]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{means}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
