import type { SecurityView } from '@parley/contracts';
import { useCallback, useEffect, useState, type ComponentType, type ReactNode } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { Passkeys } from './passkeys.js';
import { SecondStep } from './second-step.js';

/** By what the user signs in beside the password. */
export function Security({ Section }: { Section: ComponentType<{ title: string; children: ReactNode }> }) {
  const { trpc } = useClient();
  const [security, setSecurity] = useState<SecurityView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(() => trpc.auth.security.query().then(setSecurity, (error: unknown) => setProblem(errorMessage(error))), [trpc]);
  useEffect(() => void load(), [load]);
  const shown = (content: (security: SecurityView) => ReactNode) =>
    security ? (
      content(security)
    ) : problem ? (
      <p role="alert" className="text-14 text-danger">
        {problem}
      </p>
    ) : (
      <span role="status" aria-label="Loading" className="skeleton block h-5 w-3/5" />
    );
  return (
    <>
      <Section title="Passkeys">
        {shown((known) => (
          <Passkeys security={known} onChanged={load} />
        ))}
      </Section>
      <Section title="Codes at sign-in">
        {shown((known) => (
          <SecondStep security={known} onChanged={load} />
        ))}
      </Section>
    </>
  );
}
