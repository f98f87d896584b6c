/** The configuration in force, and whether everything that work needs is there. */
import { useSelector } from '@xstate/store-react';
import type { Answer } from '../../api/types.ts';
import { Failed } from '../../parts/failed.tsx';
import { useRead } from '../../state/read.ts';
import { sessionStore } from '../../state/session.ts';
import { useTexts } from '../../texts/index.ts';
import { Storage } from './storage.tsx';

type Shown = Answer<'config.show'>;
interface Health {
  status: string;
  checks: Record<string, { status: string; detail: string }>;
}
const everyMs = 5_000;

export function Configuration() {
  const texts = useTexts();
  const isAdmin = useSelector(sessionStore, ({ context }) => context.who?.role === 'admin');
  const { value: config, error, again } = useRead<Shown>(isAdmin ? '/config' : null, { everyMs });
  const { value: health } = useRead<Health>('/health/ready', { everyMs });
  return (
    <>
      <section>
        <h2>{texts.operations.health}</h2>
        <ul className="rows">
          {Object.entries(health?.checks ?? {}).map(([name, { status, detail }]) => (
            <li key={name} className={status === 'ok' ? 'passed' : 'failed'}>
              <b>{name}</b>
              <span>
                {status} {detail}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <Storage />
      <section>
        <h2>{texts.operations.configuration}</h2>
        {!isAdmin && (
          <p>
            {texts.operations.forAdmins} <code>signalbox config show</code>
          </p>
        )}
        {error !== undefined && <Failed error={error} again={again} />}
        {config !== undefined && (
          <>
            <p>{config.file === null ? texts.operations.defaults : <code>{config.file}</code>}</p>
            {config.problem !== null && (
              <p role="alert" className="problem">
                {texts.operations.refused} <span className="told">{config.problem}</span>
              </p>
            )}
            {config.warnings.map(warning => (
              <p key={warning} className="problem">
                {warning}
              </p>
            ))}
            <pre tabIndex={0}>{JSON.stringify(config.config, null, 2)}</pre>
          </>
        )}
      </section>
    </>
  );
}
