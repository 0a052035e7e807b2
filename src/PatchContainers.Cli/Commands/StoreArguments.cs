using System.CommandLine;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Cli.Commands;

/// <summary>The options of the verbs that read or write images: where they are, and who asks.</summary>
internal sealed class StoreArguments
{
    private readonly Option<KeyValuePair<string, string>[]> _map = Options.List("--registry-map", "HOST=oci:DIR",
        "A folder that stands for a registry, one OCI layout for each repository. Goes before the settings file.",
        text => Split(text, "HOST=oci:DIR"));

    private readonly Option<CredentialSource[]> _credentials = Options.List("--registry-credential", "HOST=USER:VARIABLE",
        "The user for a registry, and the environment variable that holds the password ('-': the first line of standard input). "
        + "Goes to that host alone, before the logins of docker and podman.", CredentialSource.Parse);

    private readonly Option<string[]> _insecure = Options.List("--insecure-registry", "HOST",
        "A registry that is spoken to without TLS. Loopback addresses always may be.",
        text => text);

    public void AddTo(Command command)
    {
        command.Options.Add(_map);
        command.Options.Add(_credentials);
        command.Options.Add(_insecure);
    }

    /// <summary>Takes the values from the command line and the environment.</summary>
    /// <exception cref="UsageException">A host is named twice, or a variable is not set.</exception>
    public async Task<ImageStoreOptions> ReadAsync(ParseResult parsed, CliHost host, CancellationToken cancellationToken)
    {
        var map = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, folder) in parsed.GetValue(_map)!)
        {
            if (!map.TryAdd(name, folder))
            {
                throw new UsageException($"--registry-map names the host '{name}' twice.");
            }
        }

        var credentials = new Dictionary<string, RegistryCredential>(StringComparer.OrdinalIgnoreCase);
        foreach (var source in parsed.GetValue(_credentials)!)
        {
            if (!credentials.TryAdd(source.Host, await source.ReadAsync(host, cancellationToken).ConfigureAwait(false)))
            {
                throw new UsageException($"--registry-credential names the host '{source.Host}' twice.");
            }
        }

        return new ImageStoreOptions
        {
            RegistryMap = map,
            Credentials = credentials,
            InsecureRegistries = parsed.GetValue(_insecure)!,
            TimeProvider = host.Time,
        };
    }

    private static KeyValuePair<string, string> Split(string text, string form)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < text.Length - 1
            ? new(text[..equals], text[(equals + 1)..])
            : throw new PatchException(PatchErrorCode.InvalidArgument, text, $"'{text}' is not of the form {form}.");
    }
}
