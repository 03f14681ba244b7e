import { readFile } from 'node:fs/promises';

/**
 * @param {string} file
 * @returns {Promise<string | null>} its text; null when there is no such file
 */
export async function readOptional(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
