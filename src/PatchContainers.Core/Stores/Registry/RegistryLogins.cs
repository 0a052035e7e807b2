using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// Who is who at which registry: what the command says, the login files of docker and podman, and the pull secrets of clusters, in this
/// order.
/// </summary>
/// <param name="options">The credentials, the login file, the pull secrets; and who is told of a login that cannot be used.</param>
/// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: credentials are given for what is no registry's
/// host.</exception>
internal sealed class RegistryLogins(ImageStoreOptions options)
{
    private readonly Dictionary<string, RegistryCredential> _explicit = options.Credentials.ToDictionary(c => RegistryOf(c.Key), c => c.Value);
    private readonly LoginFiles _files = new(options.LoginFile);
    private int _warned;

    /// <summary>The login for an image's registry; null where nobody knows one.</summary>
    /// <exception cref="PatchException">A login file cannot be read.</exception>
    public RegistryCredential? Find(ImageReference reference) => Find(reference, out _);

    /// <summary>The same, and which credential helper would know one.</summary>
    public RegistryCredential? Find(ImageReference reference, out string? helper)
    {
        helper = null;
        if (_explicit.TryGetValue(reference.Registry, out var credential)
            || (credential = _files.Find(reference.Registry, reference.Repository, out helper)
                ?? options.PullSecrets?.Find(reference.Registry, reference.Repository)) is not null)
        {
            return credential;
        }

        if (helper is not null && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            options.Notices?.Report(new PatchNotice.Warning($"The credential helper {helper} is not used, since this program starts no others; "
                + $"{reference.Registry} is asked without credentials."));
        }

        return null;
    }

    private static string RegistryOf(string host) => ImageReference.TryParseRegistry(host, out var registry)
        ? registry
        : throw new PatchException(PatchErrorCode.InvalidArgument, host,
            $"A credential is given for '{host}', which is no registry's host. Write host or host:port, as in image names.");
}
