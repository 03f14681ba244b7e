import { may, type AccountView } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { AccountData } from './account-data.js';
import { McpServers } from './mcp-servers.js';
import { AllowedTools } from './allowed-tools.js';
import { ModelHelp } from './model-help.js';
import { PasswordForm } from './password-form.js';
import { ProfileForm } from './profile-form.js';
import { Security } from './security.js';
import { Sessions } from './sessions.js';

export function SettingsPage({
  user,
  theme,
  people,
}: {
  user: AccountView;
  theme: ReactNode;
  /** For admins: who is let in. */ people: ReactNode;
}) {
  return (
    <>
      <title>Settings · Parley</title>
      <ScreenHeader title="Settings" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="measure mx-0 flex max-w-[520px] flex-col gap-8 py-6">
          <Section title="You">
            <ProfileForm user={user} />
          </Section>
          <Section title="Theme">{theme}</Section>
          <Section title="Password">
            <PasswordForm username={user.username} />
          </Section>
          <Security Section={Section} />
          <Section title="Where you are signed in">
            <Sessions />
          </Section>
          <Section title="Programs">
            <p className="text-14 text-ink-2">
              Scripts and bots act by keys that you make and revoke.{' '}
              <Link to="/settings/keys" className="font-medium text-accent hover:underline">
                Keys and bots
              </Link>
            </p>
          </Section>
          <Section title="Tools that characters may use">
            <AllowedTools />
          </Section>
          <Section title="Usage">
            <p className="text-14 text-ink-2">
              What your calls to language models used and cost, and how much is left of your limits.{' '}
              <Link to="/usage/$of" params={{ of: 'mine' }} className="font-medium text-accent hover:underline">
                Usage
              </Link>
            </p>
          </Section>
          {may('users.disable', { instanceRole: user.role }) && (
            <>
              <Section title="This server">
                <p className="text-14 text-ink-2">
                  People, rooms, settings and the audit log.{' '}
                  <Link to="/admin/$part" params={{ part: 'people' }} className="font-medium text-accent hover:underline">
                    Administration
                  </Link>
                </p>
              </Section>
              <Section title="Invitations to this server">{people}</Section>
              <Section title="Language model of this server">
                <ModelHelp />
              </Section>
              <Section title="MCP servers">
                <McpServers />
              </Section>
            </>
          )}
          <Section title="Your data">
            <AccountData username={user.username} />
          </Section>
        </div>
      </div>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="mb-3 border-b border-line pb-1.5 text-15 font-bold">{title}</h2>
      {children}
    </section>
  );
}
