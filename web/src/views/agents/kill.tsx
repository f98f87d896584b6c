/** Ends an agent, after saying what that does. */
import { ask, segment } from '../../api/ask.ts';
import { Confirmed } from '../../parts/confirmed.tsx';
import { useTexts } from '../../texts/index.ts';

export function KillButton({ agentId, onKilled }: { agentId: string; onKilled(): void }) {
  const { actions, act } = useTexts();
  return (
    <Confirmed
      label={actions.kill!}
      says={act.killAgent}
      order={async () => {
        await ask(`/agents/${segment(agentId)}/kill`, { method: 'POST', body: {} });
        onKilled();
      }}
    />
  );
}
