using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace PatchContainers.Images;

/// <summary>Where a reference says that its image lives; the words are those of skopeo and podman.</summary>
public enum ImageTransport
{
    /// <summary>A registry: <c>registry.example/app:1.4</c>, <c>docker://registry.example/app:1.4</c>.</summary>
    Registry,

    /// <summary>An OCI layout folder: <c>oci:DIR[:TAG]</c>.</summary>
    OciLayout,

    /// <summary>A file written by <c>docker save</c> or its like: <c>docker-archive:FILE[:REF]</c>.</summary>
    DockerArchive,

    /// <summary>A container engine's own store: <c>docker-daemon:REF</c>.</summary>
    DockerDaemon,
}

/// <summary>
/// The name of an image: transport, repository, and a tag, a digest, or both (<c>name:tag@sha256:...</c>, where the digest decides).
/// Names without a registry are Docker Hub's. Two references are equal when they name the same thing, whatever their spelling.
/// </summary>
public sealed partial class ImageReference : IEquatable<ImageReference>
{
    private const string DockerHub = "docker.io";

    private ImageReference(ImageTransport transport, string name, string registry, string repository, string path, string? tag,
        Digest digest)
    {
        Transport = transport;
        Name = name;
        Registry = registry;
        Repository = repository;
        Path = path;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Where the image lives.</summary>
    public ImageTransport Transport { get; }

    /// <summary>
    /// The name as it was written, without transport, tag and digest: <c>nginx</c>, <c>registry.example/app</c>. Empty for an OCI
    /// layout, and for an archive named without a reference.
    /// </summary>
    public string Name { get; }

    /// <summary>The registry's host and port, lower case: <c>docker.io</c> where the name says none. Empty for other transports.</summary>
    public string Registry { get; }

    /// <summary>The repository in the registry, in full: <c>library/nginx</c>.</summary>
    public string Repository { get; }

    /// <summary>The folder or file of an OCI layout or archive, as written; empty otherwise.</summary>
    public string Path { get; }

    /// <summary>The tag; <c>latest</c> where a registry name says neither tag nor digest; otherwise null where none was written.</summary>
    public string? Tag { get; }

    /// <summary>The digest; empty where none was written.</summary>
    public Digest Digest { get; }

    /// <summary>The repository alone, in one canonical spelling: two references with the same key live in the same repository.</summary>
    public string RepositoryKey => Transport switch
    {
        ImageTransport.OciLayout => "oci:" + Path,
        ImageTransport.DockerArchive => "docker-archive:" + Path,
        ImageTransport.DockerDaemon => $"docker-daemon:{Registry}/{Repository}",
        _ => $"{Registry}/{Repository}",
    };

    /// <summary>Reads a reference in any of its forms.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, saying which part is wrong.</exception>
    public static ImageReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var reference, out var fault)
            ? reference
            : throw new PatchException(PatchErrorCode.InvalidArgument, text, $"'{text}' is not an image reference: {fault}");
    }

    /// <summary>Reads a reference in any of its forms; false with a fault that says which part is wrong.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference,
        [NotNullWhen(false)] out string? fault)
    {
        reference = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            fault = "it is empty.";
            return false;
        }

        if (text.StartsWith("oci:", StringComparison.Ordinal))
        {
            return TryParseLayout(text[4..], out reference, out fault);
        }

        if (text.StartsWith("docker-archive:", StringComparison.Ordinal))
        {
            return TryParseArchive(text["docker-archive:".Length..], out reference, out fault);
        }

        if (text.StartsWith("docker-daemon:", StringComparison.Ordinal))
        {
            return TryParseNamed(ImageTransport.DockerDaemon, text["docker-daemon:".Length..], string.Empty, out reference, out fault);
        }

        return TryParseNamed(ImageTransport.Registry,
            text.StartsWith("docker://", StringComparison.Ordinal) ? text["docker://".Length..] : text,
            string.Empty, out reference, out fault);
    }

    /// <summary>Reads a registry's host as it stands in references: <c>host[:port]</c>, in the one spelling that <see cref="Registry"/>
    /// has.</summary>
    internal static bool TryParseRegistry(string text, [NotNullWhen(true)] out string? registry)
    {
        registry = TryParse($"{text}/x/x:x", out var reference, out _) && reference.Transport == ImageTransport.Registry
            && reference.Repository == "x/x" ? reference.Registry : null;
        return registry is not null;
    }

    /// <summary>Whether a text has the form of a tag.</summary>
    internal static bool IsTag(string text) => TagPattern().IsMatch(text);

    /// <summary>The same repository under another tag, without a digest.</summary>
    public ImageReference WithTag(string tag) => TagPattern().IsMatch(tag)
        ? new(Transport, Name, Registry, Repository, Path, tag, default)
        : throw new PatchException(PatchErrorCode.InvalidArgument, tag, $"'{tag}' is not a tag: {TagRule}");

    /// <summary>The same name and tag, pinned to a digest: <c>name:tag@sha256:...</c>.</summary>
    public ImageReference WithDigest(Digest digest) => new(Transport, Name, Registry, Repository, Path, Tag, digest);

    /// <summary>The same repository by digest alone: <c>name@sha256:...</c>.</summary>
    public ImageReference AtDigest(Digest digest) => new(Transport, Name, Registry, Repository, Path, null, digest);

    /// <summary>The same name and tag without the digest.</summary>
    public ImageReference WithoutDigest() =>
        new(Transport, Name, Registry, Repository, Path, Tag ?? (Transport is ImageTransport.Registry ? "latest" : null), default);

    /// <summary>Same transport, repository, tag and digest; spelling does not count (<c>nginx</c> is
    /// <c>docker.io/library/nginx:latest</c>).</summary>
    public bool Equals(ImageReference? other) => other is not null && Transport == other.Transport && Registry == other.Registry
        && Repository == other.Repository && Path == other.Path && Tag == other.Tag && Digest == other.Digest;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ImageReference);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Transport, Registry, Repository, Path, Tag, Digest);

    /// <summary>The reference as written, with its tag made explicit; it can be parsed again.</summary>
    public override string ToString()
    {
        var pin = (Tag is null ? string.Empty : ":" + Tag) + (Digest.IsEmpty ? string.Empty : "@" + Digest);
        return Transport switch
        {
            ImageTransport.OciLayout => $"oci:{Path}{pin}",
            ImageTransport.DockerArchive => $"docker-archive:{Path}{(Name.Length > 0 ? ":" + Name : string.Empty)}{pin}",
            ImageTransport.DockerDaemon => $"docker-daemon:{Name}{pin}",
            _ => Name + pin,
        };
    }

    private const string TagRule = "a tag has 1 to 128 letters, digits, '_', '.' or '-', and does not begin with '.' or '-'.";

    private static bool TryParseLayout(string text, [NotNullWhen(true)] out ImageReference? reference,
        [NotNullWhen(false)] out string? fault)
    {
        reference = null;
        if (!TrySplitDigest(ref text, out var digest, out fault))
        {
            return false;
        }

        var colon = text.IndexOf(':', DrivePrefix(text));
        var path = colon < 0 ? text : text[..colon];
        var tag = colon < 0 ? null : text[(colon + 1)..];
        if (path.Length == 0)
        {
            fault = "'oci:' needs a folder: oci:DIR[:TAG].";
            return false;
        }

        if (tag is not null && !TagPattern().IsMatch(tag))
        {
            fault = $"'{tag}' is not a tag: {TagRule}";
            return false;
        }

        reference = new ImageReference(ImageTransport.OciLayout, string.Empty, string.Empty, string.Empty, path, tag, digest);
        return true;
    }

    private static bool TryParseArchive(string text, [NotNullWhen(true)] out ImageReference? reference,
        [NotNullWhen(false)] out string? fault)
    {
        reference = null;
        var colon = text.IndexOf(':', DrivePrefix(text));
        var path = colon < 0 ? text : text[..colon];
        if (path.Length == 0)
        {
            fault = "'docker-archive:' needs a file: docker-archive:FILE[:NAME:TAG].";
            return false;
        }

        if (colon >= 0)
        {
            return TryParseNamed(ImageTransport.DockerArchive, text[(colon + 1)..], path, out reference, out fault);
        }

        fault = null;
        reference = new ImageReference(ImageTransport.DockerArchive, string.Empty, string.Empty, string.Empty, path, null, default);
        return true;
    }

    private static bool TryParseNamed(ImageTransport transport, string text, string path,
        [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? fault)
    {
        reference = null;
        if (!TrySplitDigest(ref text, out var digest, out fault))
        {
            return false;
        }

        var slash = text.LastIndexOf('/');
        var colon = text.IndexOf(':', slash + 1);
        var name = colon < 0 ? text : text[..colon];
        var tag = colon < 0 ? null : text[(colon + 1)..];
        if (tag is not null && !TagPattern().IsMatch(tag))
        {
            fault = $"'{tag}' is not a tag: {TagRule}";
            return false;
        }

        // A first component is a host if it could not be a repository's: it has a dot or a port, or it is localhost.
        var first = name.IndexOf('/', StringComparison.Ordinal);
        var host = first > 0
            && (name[..first].AsSpan().ContainsAny('.', ':') || name[..first] == "localhost" || name[..first] != Lower(name[..first]))
            ? Lower(name[..first])
            : null;
        if (host is not null && !HostPattern().IsMatch(host))
        {
            fault = $"'{host}' is not a host, or host:port.";
            return false;
        }

        var repository = host is null ? name : name[(first + 1)..];
        if (!RepositoryPattern().IsMatch(repository))
        {
            fault = repository != Lower(repository)
                ? $"the repository '{repository}' has upper-case letters; repositories are lower case."
                : $"'{repository}' is not a repository: lower-case words joined by '/', each of letters and digits with '.', '_' or '-' "
                    + "between them.";
            return false;
        }

        host = host is null or "index.docker.io" or "registry-1.docker.io" ? DockerHub : host;
        if (host == DockerHub && !repository.Contains('/', StringComparison.Ordinal))
        {
            repository = "library/" + repository;
        }

        tag ??= digest.IsEmpty ? "latest" : null;
        reference = new ImageReference(transport, name, host, repository, path, tag, digest);
        return true;
    }

    private static bool TrySplitDigest(ref string text, out Digest digest, [NotNullWhen(false)] out string? fault)
    {
        digest = default;
        fault = null;
        var at = text.LastIndexOf('@');
        if (at < 0)
        {
            return true;
        }

        if (!Digest.TryParse(text[(at + 1)..], out digest))
        {
            fault = $"'{text[(at + 1)..]}' after '@' is not a digest (sha256: and 64 lower-case hexadecimal digits).";
            return false;
        }

        text = text[..at];
        return true;
    }

    // C:\images is a path with a drive letter, and no tag "\images".
    private static int DrivePrefix(string text) =>
        text.Length >= 3 && char.IsAsciiLetter(text[0]) && text[1] == ':' && text[2] is '\\' or '/' ? 2 : 0;

#pragma warning disable CA1308 // Hosts are lower case.
    private static string Lower(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostPattern();
}
