// What Lambda's own runtime does, in the process of one function: loads the bundle named by the last argument, then answers
// each event with what the handler gives. Plain JavaScript, so that it costs no start of its own.

const { handler } = await import(process.argv.at(-1));

process.on('message', async ({ id, event }) => {
  try {
    process.send({ id, result: (await handler(event, {})) ?? null });
  } catch (error) {
    const { name, message, code } = error instanceof Error ? error : { message: String(error) };
    process.send({ id, error: { name, message, code } });
  }
});
