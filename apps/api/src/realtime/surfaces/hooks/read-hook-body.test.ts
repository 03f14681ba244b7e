import { expect, test } from 'vitest';
import { readHookBody } from './read-hook-body.js';
import { slackMarkdown } from './slack-markdown.js';

const read = (body: object) => readHookBody(JSON.stringify(body), 'builds').content;

test.each([
  ['*bold* and _slanted_, ~gone~', '**bold** and _slanted_, ~~gone~~'],
  ['2*3*4 and a * b * c', '2*3*4 and a * b * c'],
  ['*one\ntwo*', '*one\ntwo*'],
  ['<https://example.com>', '<https://example.com>'],
  ['<https://example.com/a?b=1&amp;c=2|the [page]>', '[the \\[page\\]](<https://example.com/a?b=1&c=2>)'],
  ['<mailto:a@example.com|a@example.com>', '[a@example.com](<mailto:a@example.com>)'],
  ['<javascript:alert(1)|click>', 'click (javascript:alert(1))'],
  ['<!here> <!channel> <!subteam^S1|@crew> <@U1> <@U1|ann> <#C1|general>', '@here @channel @crew @U1 @ann #general'],
  ['<!date^1392734382^{date}|Feb 18>', 'Feb 18'],
  ['a &lt;b&gt; &amp; c', 'a &lt;b&gt; &amp; c'],
  ['`a &lt; *b*` and ```\nx &amp;&amp; y\n```', '`a < *b*` and \n```\nx && y\n```\n'],
  ['an open ` and an open <', 'an open ` and an open <'],
])('Slack’s %j is %j in Markdown', (text, markdown) => {
  expect(slackMarkdown(text)).toBe(markdown);
});

test('blocks take the place of the text, and what they say is kept', () => {
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Deploy #7' } },
    {
      type: 'section',
      text: { type: 'mrkdwn', text: '*done* in <https://example.com|4 min>' },
      fields: [{ type: 'mrkdwn', text: 'by *ann*' }],
    },
    { type: 'divider' },
    {
      type: 'context',
      elements: [
        { type: 'image', alt_text: 'logo' },
        { type: 'plain_text', text: 'ci' },
      ],
    },
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'All ' },
            { type: 'link', url: 'https://example.com', text: 'good' },
          ],
        },
      ],
    },
    { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Undo' } }] },
    { type: 'of tomorrow' },
    null,
  ];
  expect(read({ text: 'fallback', blocks })).toBe(
    '**Deploy \\#7**\n\n**done** in [4 min](<https://example.com>)\nby **ann**\n\n---\n\nlogo ci\n\nAll good\n\nUndo',
  );
  expect(read({ text: 'fallback', blocks: [] })).toBe('fallback');
});

test('an attachment without words says its fallback, and a color is the nearest sign', () => {
  expect(read({ attachments: [{ fallback: 'it failed', color: '#ff0000' }, { title: 'plain' }, 'no attachment'] })).toBe(
    '🔴\n\nit failed\n\n**plain**',
  );
  const marks = ['good', 'warning', '#439FE0', '#800080', '#ffa500', '#777777', 'nonsense'].map((color) =>
    read({ attachments: [{ color, title: 't' }] }),
  );
  expect(marks).toEqual(['🟢 **t**', '🟡 **t**', '🔵 **t**', '🟣 **t**', '🟠 **t**', '⚪ **t**', '**t**']);
});

test('Alertmanager’s webhook is told, and Grafana’s in its own words', () => {
  const alert = {
    status: 'firing',
    labels: { alertname: 'DiskFull', instance: 'db-1' },
    annotations: { summary: 'Disk of db-1 is full', description: '98 % used' },
    startsAt: '2026-11-29T14:00:00Z',
    generatorURL: 'https://prometheus.example/graph',
  };
  const sent = {
    version: '4',
    status: 'firing',
    receiver: 'parley',
    externalURL: 'https://alerts.example',
    commonLabels: { alertname: 'DiskFull' },
  };
  expect(read({ ...sent, alerts: [alert, { ...alert, status: 'resolved' }] })).toBe(
    [
      '🔴 **[FIRING: DiskFull](<https://alerts.example>)**',
      '🔴 [Disk of db-1 is full](<https://prometheus.example/graph>)\n98 % used\n`alertname=DiskFull` `instance=db-1`',
      '🟢 [Disk of db-1 is full](<https://prometheus.example/graph>)\n98 % used\n`alertname=DiskFull` `instance=db-1`',
    ].join('\n\n'),
  );
  expect(read({ ...sent, alerts: [alert], title: '[FIRING:1] Disk', message: 'Value: *98*' })).toBe(
    '🔴 **[\\[FIRING:1\\] Disk](<https://alerts.example>)**\n\nValue: *98*',
  );
  expect(read({ alerts: [] })).toBe('🔴 **ALERT**');
});

test('what is not ours is plain, so that strangers whom it quotes call nobody; ours says so itself', () => {
  expect(readHookBody('{"text":"/summary @ada"}', 'b')).toEqual({ content: '/summary @ada', plain: true, asSlack: true });
  expect(readHookBody('{"content":"@ada hi"}', 'b')).toEqual({ content: '@ada hi', plain: false, asSlack: false });
  expect(readHookBody('{"content":"@ada hi","plain":true}', 'b')).toMatchObject({ plain: true });
  for (const body of [
    '{}',
    '[]',
    '"text"',
    'null',
    '',
    'a=b',
    'payload=',
    'payload=%7B',
    '{"attachment":[]}',
    '{"content":7}',
    undefined,
    7,
  ])
    expect(() => readHookBody(body, 'b')).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test('a long text of marks alone is read to its end, which it would not be in the time of a test if each mark looked for its pair in all of it', () => {
  for (const mark of ['*', '~', '<', '`', '*a ', '<a ', '`a ', '* *', '<>']) {
    expect([mark, slackMarkdown(mark.repeat(300_000)).length > 0]).toEqual([mark, true]);
  }
});
