/** Lines of an export of Mattermost as its own look, made by hand. */
export const mattermostLines: (object | string)[] = [
  { type: 'version', version: 1, info: { generator: 'mattermost', version: '9.11.0', created: '2024-09-01T00:00:00Z' } },
  { type: 'emoji', emoji: { name: 'parrot', image: 'exported_emoji/parrot.gif' } },
  { type: 'team', team: { name: 'main', display_name: 'Main', type: 'O', description: '', allow_open_invite: true } },
  {
    type: 'channel',
    channel: { team: 'main', name: 'town-square', display_name: 'Town Square', type: 'O', header: 'Everybody', purpose: '' },
  },
  { type: 'channel', channel: { team: 'main', name: 'vault', display_name: 'Vault', type: 'P', header: '', purpose: 'Secrets' } },
  {
    type: 'user',
    user: {
      username: 'ann.lee',
      email: 'ann@example.org',
      auth_service: '',
      nickname: '',
      first_name: 'Ann',
      last_name: 'Lee',
      roles: 'system_user',
      teams: [
        {
          name: 'main',
          roles: 'team_user',
          channels: [
            { name: 'town-square', roles: 'channel_user', notify_props: { desktop: 'default' }, favorite: false },
            { name: 'vault', roles: 'channel_admin channel_user' },
          ],
        },
      ],
    },
  },
  {
    type: 'user',
    user: {
      username: 'bob',
      email: 'bob@example.org',
      nickname: 'Bobby',
      first_name: '',
      last_name: '',
      teams: [{ name: 'main', channels: [{ name: 'town-square', roles: 'channel_user' }] }],
    },
  },
  { type: 'bot', bot: { username: 'poller', display_name: 'Poller', owner: 'ann.lee', description: '' } },
  {
    type: 'post',
    post: {
      team: 'main',
      channel: 'town-square',
      user: 'bob',
      type: '',
      message: 'later **words** for @ann.lee.',
      props: {},
      create_at: 1700000300000,
      edit_at: 1700000400000,
      is_pinned: true,
      reactions: [
        { user: 'ann.lee', create_at: 1700000310000, emoji_name: 'tada' },
        { user: 'bob', create_at: 1700000311000, emoji_name: 'tada' },
        { user: 'bob', create_at: 1700000311000, emoji_name: 'parrot' },
      ],
      replies: [
        {
          user: 'ann.lee',
          message: 'an answer :+1:',
          create_at: 1700000500000,
          reactions: [],
          attachments: [{ path: '20240901/teams/x/plan.pdf' }],
        },
      ],
    },
  },
  '{"type":"post","post":{"team":"main", broken',
  {
    type: 'post',
    post: {
      team: 'main',
      channel: 'town-square',
      user: 'ann.lee',
      type: 'system_join_channel',
      message: 'ann.lee joined the channel.',
      create_at: 1700000100000,
      props: { username: 'ann.lee' },
    },
  },
  {
    type: 'post',
    post: {
      team: 'main',
      channel: 'town-square',
      user: 'poller',
      type: 'slack_attachment',
      message: '',
      create_at: 1700000200000,
      props: {
        from_webhook: 'true',
        override_username: 'Build',
        attachments: [{ fallback: 'x', title: 'Build 7', title_link: 'https://ci.example/7', text: 'is *green*', pretext: '' }],
      },
    },
  },
  { type: 'post', post: { team: 'main', channel: 'vault', user: 'ann.lee', message: 'the code is 7', create_at: 1700000100000 } },
  { type: 'direct_channel', direct_channel: { members: ['ann.lee', 'bob'], favorited_by: [], header: '' } },
  { type: 'direct_post', direct_post: { channel_members: ['ann.lee', 'bob'], user: 'bob', message: 'psst', create_at: 1700000100000 } },
  { type: 'of_the_future', of_the_future: {} },
];

export const asLines = (lines: readonly (object | string)[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
