import { Holds } from './holds.js';
import { PersonData } from './person-data.js';
import { Removals } from './removals.js';
import { Storage } from './storage.js';

/** *Privacy and retention*: what is kept longer, what is known of one person, who was removed, and what it all takes. */
export default function Privacy() {
  return (
    <div className="flex flex-col gap-8">
      <Holds />
      <PersonData />
      <Removals />
      <Storage />
    </div>
  );
}
