/** The sign-in form. */
export function SignIn({ action, error }: { action: string; error: string | null }) {
  return (
    <form class="sign-in" method="post" action={action}>
      <h1 class="page-title">Sign in</h1>
      <p class="comment-error" id="sign-in-error" role="alert">
        {error}
      </p>
      <p>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          autocomplete="current-password"
          aria-describedby="sign-in-error"
          aria-invalid={error === null ? undefined : 'true'}
        />
      </p>
      <p>
        <button type="submit">Sign in</button>
      </p>
    </form>
  );
}
