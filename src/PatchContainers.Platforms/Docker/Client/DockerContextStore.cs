using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The contexts that <c>docker context create</c> made, in docker's own folder.</summary>
/// <param name="folder">Docker's folder: <c>~/.docker</c>.</param>
internal sealed class DockerContextStore(string folder)
{
    private const int MaxBytes = 1024 * 1024;

    /// <summary>The context that <c>docker context use</c> chose; null where there is none.</summary>
    /// <exception cref="PatchException">docker's settings cannot be read.</exception>
    public string? Current => Read(Path.Combine(folder, "config.json"))?.Text("currentContext") is { Length: > 0 } name ? name : null;

    /// <summary>The names of all, in their order.</summary>
    /// <exception cref="PatchException">One cannot be read.</exception>
    public IReadOnlyList<string> Names
    {
        get
        {
            var root = Path.Combine(folder, "contexts", "meta");
            return !Directory.Exists(root) ? [] : Directory.EnumerateDirectories(root)
                .Select(d => Read(Path.Combine(d, "meta.json"))?.Text("Name")).OfType<string>().Order(StringComparer.Ordinal).ToArray();
        }
    }

    /// <summary>Where a context's engine is.</summary>
    /// <param name="name">The context.</param>
    /// <param name="source">Who names it, for messages.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: there is no such context; or it is not valid.</exception>
    public DockerEndpoint Open(string name, string source)
    {
        var id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name))).ToLowerInvariant();
        var file = Path.Combine(folder, "contexts", "meta", id, "meta.json");
        var meta = Read(file) ?? throw new PatchException(PatchErrorCode.NotFound, name, $"{source} names the docker context '{name}', and "
            + $"there is none ({file}). Create it (docker context create), or name an address: unix:///var/run/docker.sock.");
        var host = meta.Text("Endpoints", "docker", "Host") is { Length: > 0 } text ? text
            : throw new PatchException(PatchErrorCode.InvalidData, file,
                $"The docker context '{name}' ({file}) names no address of an engine. Create it anew.");
        var certificates = Path.Combine(folder, "contexts", "tls", id, "docker");
        var skip = meta.IsTrue("Endpoints", "docker", "SkipTLSVerify");
        var tls = skip || Directory.Exists(certificates) ? new DockerTls(certificates, skip) : null;
        return DockerEndpoint.Parse(host, name, $"The docker context '{name}' ({file})", tls);
    }

    private static JsonElement? Read(string file)
    {
        try
        {
            if (!File.Exists(file))
            {
                return null;
            }

            if (new FileInfo(file).Length > MaxBytes)
            {
                throw new PatchException(PatchErrorCode.LimitExceeded, file,
                    $"{file} has more than {MaxBytes:N0} bytes, which docker never writes.");
            }

            var reader = new Utf8JsonReader(File.ReadAllBytes(file));
            return JsonElement.ParseValue(ref reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, file, $"{file} cannot be read: {e.Message}", e);
        }
        catch (JsonException)
        {
            // The parser's message may quote the file, and docker's settings hold logins.
            throw new PatchException(PatchErrorCode.InvalidData, file,
                $"{file} is not valid JSON. Correct it, or name the engine in DOCKER_HOST.");
        }
    }
}
