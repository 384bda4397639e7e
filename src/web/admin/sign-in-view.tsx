/** Asks for the operator's token. */
export function SignIn({ action, refused }: { action: string; refused: string | null }) {
  return (
    <form class="sign-in" method="post" action={action}>
      <h1 class="page-title">Sign in</h1>
      <p class="comment-refused" id="sign-in-refused" role="alert">
        {refused}
      </p>
      <p>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          autocomplete="current-password"
          aria-describedby="sign-in-refused"
          aria-invalid={refused === null ? undefined : 'true'}
        />
      </p>
      <p>
        <button type="submit">Sign in</button>
      </p>
    </form>
  );
}
