using PatchContainers.Stores.Registry;

namespace PatchContainers.Cli.Commands;

/// <summary>
/// Where a registry's password is found: <c>HOST=USER:VARIABLE</c>. The password itself is never an argument, which every user of the
/// machine could read and every shell remembers.
/// </summary>
internal sealed record CredentialSource(string Host, string User, string Variable)
{
    private const string StandardInput = "-";

    /// <summary>Reads <c>HOST=USER:VARIABLE</c>.</summary>
    public static CredentialSource Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        if (equals < 1 || colon < equals + 2 || colon == text.Length - 1)
        {
            // The text is not repeated: whoever takes this option for HOST=USER:PASSWORD would find the password in the log.
            throw new PatchException(PatchErrorCode.InvalidArgument, "--registry-credential",
                "--registry-credential is not of the form HOST=USER:VARIABLE, where VARIABLE is the name of an environment variable, "
                + "or '-' for standard input.");
        }

        return new CredentialSource(text[..equals], text[(equals + 1)..colon], text[(colon + 1)..]);
    }

    /// <summary>Reads the password.</summary>
    /// <exception cref="UsageException">The variable is not set, or standard input is empty.</exception>
    public async Task<RegistryCredential> ReadAsync(CliHost host, CancellationToken cancellationToken)
    {
        var password = Variable == StandardInput
            ? await host.In.ReadLineAsync(cancellationToken).ConfigureAwait(false)
            : host.Environment(Variable);
        return string.IsNullOrEmpty(password)
            ? throw new UsageException(Variable == StandardInput
                ? $"--registry-credential for '{Host}': standard input has no first line with the password."
                : $"--registry-credential for '{Host}': no environment variable has the name after the last ':'. "
                    + "Write HOST=USER:VARIABLE; the password goes into the variable.")
            : new RegistryCredential(User, password);
    }
}
