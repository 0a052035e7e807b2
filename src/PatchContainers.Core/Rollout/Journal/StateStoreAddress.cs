namespace PatchContainers.Rollout.Journal;

/// <summary>Where journals, locks, requests and the quarantine are, as a person writes it.</summary>
/// <param name="Context">The context of the kubeconfig; empty for the current one.</param>
/// <param name="Namespace">The namespace; empty for the context's.</param>
internal sealed record StateStoreAddress(string Context, string Namespace)
{
    /// <summary>The state folder, said explicitly.</summary>
    public const string Folder = "file";

    private const string Scheme = "kubernetes://";

    /// <summary>Reads an address; null means the state folder.</summary>
    /// <param name="text"><c>kubernetes://CONTEXT/NAMESPACE</c> or <c>file</c>; null or empty for the same. Contexts may have slashes of their own.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is neither.</exception>
    public static StateStoreAddress? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text == Folder)
        {
            return null;
        }

        var slash = text.StartsWith(Scheme, StringComparison.Ordinal) ? text.LastIndexOf('/') : -1;
        return slash >= Scheme.Length
            ? new StateStoreAddress(text[Scheme.Length..slash], text[(slash + 1)..])
            : throw new PatchException(PatchErrorCode.InvalidArgument, text,
                $"'{text}' is no state store. Write kubernetes://CONTEXT/NAMESPACE (kubernetes:///NAMESPACE for the current context), or "
                + "file for the state folder.");
    }
}
