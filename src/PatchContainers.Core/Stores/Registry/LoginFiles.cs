using System.Text;
using System.Text.Json;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// The logins that <c>docker login</c> and <c>podman login</c> left: <c>auths</c> in Docker's <c>config.json</c> and in containers'
/// <c>auth.json</c>. Credential helpers (<c>credsStore</c>, <c>credHelpers</c>) are programs, which this library does not start.
/// </summary>
internal sealed class LoginFiles
{
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly Lazy<Login[]> _files;

    /// <param name="path">The one file to read; null to look where the tools do.</param>
    public LoginFiles(string? path) => _files = new(() => Read(path));

    /// <summary>The login for a repository: the most specific entry of the first file that has one.</summary>
    /// <param name="registry">The registry, as in references.</param>
    /// <param name="repository">The repository in it.</param>
    /// <param name="helper">Where no file has a login: the file and the helper that would know it; null where there is none.</param>
    /// <exception cref="PatchException">The file cannot be read, or is no login file.</exception>
    public RegistryCredential? Find(string registry, string repository, out string? helper)
    {
        helper = null;
        foreach (var file in _files.Value)
        {
            var key = Keys(registry, repository).FirstOrDefault(file.Credentials.ContainsKey);
            if (key is not null)
            {
                return file.Credentials[key];
            }

            helper ??= Keys(registry, repository).Select(k => file.Helpers.GetValueOrDefault(k))
                .FirstOrDefault(h => h is not null) is { } named
                ? $"'{named}' in {file.Path}"
                : file.Store is { Length: > 0 } store ? $"'{store}' in {file.Path}" : null;
        }

        return null;
    }

    // registry/team/app, registry/team, registry (containers-auth.json.5: a login may be for a part of a registry).
    public static IEnumerable<string> Keys(string registry, string repository)
    {
        var path = $"{registry}/{repository}";
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            yield return path[..end];
        }
    }

    /// <summary>The logins of a document, by registry or repository.</summary>
    /// <param name="source">The document, for messages.</param>
    /// <param name="content">Its content.</param>
    /// <param name="isLegacy">Whether they stand at its root, as in <c>.dockercfg</c>, and not under <c>auths</c>.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no such document.</exception>
    public static IReadOnlyDictionary<string, RegistryCredential> ParseLogins(string source, ReadOnlyMemory<byte> content, bool isLegacy) =>
        Parse(source, content, isLegacy).Credentials;

    private static Login[] Read(string? path)
    {
        if (path is not null)
        {
            return [Parse(path)];
        }

        // The order is podman's; docker knows the last two only.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var docker = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE"),
            string.IsNullOrEmpty(runtime) ? null : Path.Combine(runtime, "containers", "auth.json"),
            Path.Combine(home, ".config", "containers", "auth.json"),
            Path.Combine(string.IsNullOrEmpty(docker) ? Path.Combine(home, ".docker") : docker, "config.json"),
        ];
        return candidates.Where(c => !string.IsNullOrEmpty(c) && File.Exists(c)).Select(c => Parse(c!)).ToArray();
    }

    private static Login Parse(string path)
    {
        byte[] content;
        try
        {
            content = new FileInfo(path) is { Length: > MaxBytes } file
                ? throw new PatchException(PatchErrorCode.LimitExceeded, path,
                    $"The login file {path} has {file.Length:N0} bytes; no login file has.")
                : File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"The login file {path} cannot be read: {e.Message}", e);
        }

        return Parse(path, content, isLegacy: false);
    }

    private static Login Parse(string path, ReadOnlyMemory<byte> content, bool isLegacy)
    {
        try
        {
            using var document = StrictJson.Parse(content);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw Fault(path, "it is no JSON object");
            }

            var credentials = new Dictionary<string, RegistryCredential>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in isLegacy ? root.EnumerateObject() : Members(root, "auths"))
            {
                if (ParseEntry(entry, path) is { } credential)
                {
                    credentials.TryAdd(NormalizeKey(entry.Name), credential);
                }
            }

            var helpers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in Members(root, "credHelpers").Where(e => e.Value.ValueKind == JsonValueKind.String))
            {
                helpers.TryAdd(NormalizeKey(entry.Name), entry.Value.GetString()!);
            }

            var store = root.TryGetProperty("credsStore", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            return new Login(path, credentials, helpers, store);
        }
        catch (JsonException)
        {
            // The parser's message may quote the file, and the file holds secrets.
            throw Fault(path, "it is not valid JSON");
        }
    }

    private static IEnumerable<JsonProperty> Members(JsonElement root, string name) =>
        root.TryGetProperty(name, out var map) && map.ValueKind == JsonValueKind.Object
            ? map.EnumerateObject() : Enumerable.Empty<JsonProperty>();

    private static RegistryCredential? ParseEntry(JsonProperty entry, string path)
    {
        string? Text(string name) => entry.Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 } text ? text : null;
        if (entry.Value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var (user, password) = (Text("username") ?? string.Empty, Text("password") ?? string.Empty);
        if (Text("auth") is { } auth)
        {
            var bytes = new byte[auth.Length];
            if (!Convert.TryFromBase64String(auth, bytes, out var length))
            {
                throw Fault(path, $"'auth' of '{entry.Name}' is not base64");
            }

            var pair = Encoding.UTF8.GetString(bytes, 0, length);
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            (user, password) = colon >= 0
                ? (pair[..colon], pair[(colon + 1)..].TrimEnd('\0')) : throw Fault(path, $"'auth' of '{entry.Name}' is not user:password");
        }

        var token = Text("identitytoken");
        return user.Length > 0 || token is not null ? new RegistryCredential(user, password) { IdentityToken = token } : null;
    }

    // https://index.docker.io/v1/ is what docker login writes for Docker Hub; registries of old were written as addresses too.
    private static string NormalizeKey(string key)
    {
        var isAddress = key.StartsWith("https://", StringComparison.Ordinal) || key.StartsWith("http://", StringComparison.Ordinal);
        var rest = isAddress ? key[(key.IndexOf("//", StringComparison.Ordinal) + 2)..] : key;
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 || isAddress || rest[slash..].TrimEnd('/') is "/v1" or "/v2" ? string.Empty : rest[slash..].TrimEnd('/');
        return (host is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : host) + path;
    }

    private static PatchException Fault(string path, string fault) =>
        new(PatchErrorCode.InvalidData, path,
            $"The login file {path} cannot be used: {fault}. Log in again, or give the credential explicitly.");

    private sealed record Login(string Path, IReadOnlyDictionary<string, RegistryCredential> Credentials,
        IReadOnlyDictionary<string, string> Helpers, string? Store);
}
