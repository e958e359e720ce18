/**
 * What the bot knows. Put your own here: a look into your database, a call to a
 * model. It may take its time, and may be asked the same question twice, where
 * the bot ended in between: the first answer that was stored is the one that
 * everybody sees.
 *
 * @param {string} question what was said behind the bot's name
 * @returns {string | Promise<string>}
 */
export function answer(question) {
  const [command, ...rest] = question.split(' ');
  switch (command.toLowerCase()) {
    case 'time':
      return new Date().toISOString();
    case 'echo':
      return rest.join(' ') || '...';
    default:
      return 'I know "time" and "echo".';
  }
}
