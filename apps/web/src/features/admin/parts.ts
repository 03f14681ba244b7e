import type { ComponentType } from 'react';

interface AdminPart {
  title: string;
  /** Says in a sentence what the part is for. */
  about: string;
  load: () => Promise<{ default: ComponentType }>;
}

/** The parts of the admin's page, in their order, by the end of their address: `/admin/people`. Each is loaded when it is first shown. */
export const adminParts = {
  people: {
    title: 'People',
    about: 'Everyone who has an account here, and their bots.',
    load: () => import('./people.js'),
  },
  rooms: {
    title: 'Rooms',
    about: 'All rooms but those of two. What is said in one is read by joining it, which the room sees.',
    load: () => import('./rooms.js'),
  },
  privacy: {
    title: 'Privacy',
    about: 'What is kept longer than it would be, what is known of one person, and what it all takes.',
    load: () => import('./privacy.js'),
  },
  settings: {
    title: 'Settings',
    about: 'They need no restart: each is in force on every process within seconds.',
    load: () => import('./instance-settings.js'),
  },
  audit: {
    title: 'Audit log',
    about: 'Who did what to whom, and from where. Nothing changes an entry; old ones go after the days that the settings say.',
    load: () => import('./audit-log.js'),
  },
} as const satisfies Record<string, AdminPart>;

export type AdminPartName = keyof typeof adminParts;

export const adminPartNames = Object.keys(adminParts) as AdminPartName[];
