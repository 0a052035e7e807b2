using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Rollout.Journal;
using PatchContainers.Scanning;

namespace PatchContainers;

/// <summary>
/// The settings file: what would otherwise be said with every command. It holds no secrets; a login belongs into the login file or an
/// environment variable.
/// </summary>
/// <example>
/// <code>
/// {
///   "registryMap": { "registry.example": "oci:../registry" },
///   "insecureRegistries": [ "registry.lan:5000" ],
///   "allowedTokenHosts": [ "login.example" ],
///   "baseImages": [ "registry.example/debian:12" ],
///   "stateStore": "kubernetes://production/patching",
///   "scanners": { "trivy": { "command": "/opt/trivy/trivy", "server": "https://trivy.example", "timeout": "10m" } },
///   "limits": { "maxUncompressedBytes": 200000000000, "maxRatio": 500 }
/// }
/// </code>
/// </example>
public sealed record PatchSettings
{
    private const long MaxBytes = 1024 * 1024;

    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "settings.json";

    /// <summary>The key of <see cref="Limits"/>.</summary>
    internal const string LimitsKey = "limits";

    /// <summary>Registries that a folder stands for: <c>host[:port]</c> to <c>oci:DIR</c>. A relative folder is the settings file's own neighbour.</summary>
    public IReadOnlyDictionary<string, string> RegistryMap { get; init; } = new Dictionary<string, string>();

    /// <summary>Registries (<c>host[:port]</c>) that are spoken to without TLS.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>Hosts (<c>host[:port]</c>) that registries may have their credentials sent to, for a token; see
    /// <see cref="Stores.ImageStoreOptions.AllowedTokenHosts"/>.</summary>
    public IReadOnlyList<string> AllowedTokenHosts { get; init; } = [];

    /// <summary>Base images that images may be built on: <c>NAME[=OLDREF,...]</c>.</summary>
    public IReadOnlyList<string> BaseImages { get; init; } = [];

    /// <summary>Where journals, locks, requests and the quarantine are; see <see cref="PatchServicesOptions.StateStore"/>. Empty for the state folder.</summary>
    public string StateStore { get; init; } = string.Empty;

    /// <summary>How other scanners are asked.</summary>
    internal ScannerSettings Scanners { get; init; } = new();

    /// <summary>What a layer may cost to read; what the file does not name keeps its default.</summary>
    public LayerLimits Limits { get; init; } = new();

    /// <summary>Reads the file named, else <see cref="FileName"/> in the state folder, else no settings.</summary>
    /// <param name="path">The file; null or empty for the one in the state folder, which need not be there.</param>
    /// <param name="state">The state folder.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.NotFound"/>: the file named is not there; <see cref="PatchErrorCode.InvalidData"/>: it is no settings file, or has a
    /// property that is not known; <see cref="PatchErrorCode.FileError"/>: it cannot be read.
    /// </exception>
    public static PatchSettings Load(string? path, PatchState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var file = Path.GetFullPath(string.IsNullOrEmpty(path) ? Path.Combine(state.Root, FileName) : path);
        if (!File.Exists(file))
        {
            return string.IsNullOrEmpty(path)
                ? new PatchSettings()
                : throw new PatchException(PatchErrorCode.NotFound, file, $"The settings file {file} does not exist.");
        }

        try
        {
            var length = new FileInfo(file).Length;
            return length <= MaxBytes
                ? Parse(File.ReadAllBytes(file), file)
                : throw new PatchException(PatchErrorCode.LimitExceeded, file, $"The settings file {file} has {length:N0} bytes; more than {MaxBytes:N0} are no settings.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, file, $"The settings file {file} cannot be read: {exception.Message}", exception);
        }
    }

    private static PatchSettings Parse(byte[] content, string file)
    {
        try
        {
            using var document = StrictJson.Parse(content, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Fault(file, "it is no JSON object.");
            }

            var settings = new PatchSettings();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                settings = property.Name switch
                {
                    "registryMap" => settings with { RegistryMap = ReadMap(property, file) },
                    "insecureRegistries" => settings with { InsecureRegistries = ReadList(property, file) },
                    "allowedTokenHosts" => settings with { AllowedTokenHosts = ReadHosts(property, file) },
                    "baseImages" => settings with { BaseImages = ReadList(property, file) },
                    "stateStore" => settings with { StateStore = ReadStateStore(property, file) },
                    "scanners" => settings with { Scanners = ScannerSettings.Read(property, fault => Fault(file, fault)) },
                    LimitsKey => settings with { Limits = ReadLimits(property, file) },
                    _ => throw Fault(file, $"'{property.Name}' is no setting. The settings are registryMap, insecureRegistries, "
                        + "allowedTokenHosts, baseImages, stateStore, scanners and limits."),
                };
            }

            return settings;
        }
        catch (JsonException exception)
        {
            throw new PatchException(PatchErrorCode.InvalidData, file, $"The settings file {file} is not JSON: {exception.Message}", exception);
        }
    }

    private static Dictionary<string, string> ReadMap(JsonProperty property, string file)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw Fault(file, $"'{property.Name}' is to be an object of hosts and folders.");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in property.Value.EnumerateObject())
        {
            var target = TextOf(entry.Value, entry.Name, file);
            // What is no oci:DIR stays as it is; the store that takes the map says so.
            map[entry.Name] = target.StartsWith("oci:", StringComparison.Ordinal) && target.Length > 4
                ? "oci:" + Path.GetFullPath(target[4..], Path.GetDirectoryName(file)!)
                : target;
        }

        return map;
    }

    private static string[] ReadList(JsonProperty property, string file) => property.Value.ValueKind == JsonValueKind.Array
        ? property.Value.EnumerateArray().Select(e => TextOf(e, property.Name, file)).ToArray()
        : throw Fault(file, $"'{property.Name}' is to be a list of texts.");

    private static string[] ReadHosts(JsonProperty property, string file)
    {
        var hosts = ReadList(property, file);
        return Array.Find(hosts, h => !ImageReference.TryParseRegistry(h, out _)) is { } wrong
            ? throw Fault(file, $"'{property.Name}' has '{wrong}', which is no host. Write host or host:port, without https://.")
            : hosts;
    }

    private static string ReadStateStore(JsonProperty property, string file)
    {
        try
        {
            var text = TextOf(property.Value, property.Name, file);
            _ = StateStoreAddress.Parse(text);
            return text;
        }
        catch (PatchException exception) when (exception.Code == PatchErrorCode.InvalidArgument)
        {
            throw Fault(file, $"'{property.Name}': {exception.Message}");
        }
    }

    private static LayerLimits ReadLimits(JsonProperty property, string file)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw Fault(file, $"'{property.Name}' is to be an object of limits and numbers.");
        }

        var limits = new LayerLimits();
        foreach (var entry in property.Value.EnumerateObject())
        {
            limits = entry.Name switch
            {
                "maxUncompressedBytes" => limits with { MaxUncompressedBytes = NumberOf(entry, file, long.MaxValue) },
                "maxRatio" => limits with { MaxRatio = (int)NumberOf(entry, file, int.MaxValue) },
                "ratioAfterBytes" => limits with { RatioAfterBytes = NumberOf(entry, file, long.MaxValue) },
                "maxEntries" => limits with { MaxEntries = (int)NumberOf(entry, file, int.MaxValue) },
                "maxIndexBytes" => limits with { MaxIndexBytes = (int)NumberOf(entry, file, int.MaxValue) },
                "maxCapturedBytes" => limits with { MaxCapturedBytes = (int)NumberOf(entry, file, int.MaxValue) },
                _ => throw Fault(file, $"'{property.Name}.{entry.Name}' is no setting. The limits are maxUncompressedBytes, maxRatio, "
                    + "ratioAfterBytes, maxEntries, maxIndexBytes and maxCapturedBytes."),
            };
        }

        return limits;
    }

    private static long NumberOf(JsonProperty entry, string file, long max) =>
        entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt64(out var number) && number >= 1 && number <= max
            ? number
            : throw Fault(file, FormattableString.Invariant($"'{LimitsKey}.{entry.Name}' is to be a whole number from 1 to {max}."));

    private static string TextOf(JsonElement element, string name, string file) => element.ValueKind == JsonValueKind.String
        ? element.GetString()!
        : throw Fault(file, $"'{name}' is to hold text.");

    private static PatchException Fault(string file, string fault) => new(PatchErrorCode.InvalidData, file, $"The settings file {file} cannot be used: {fault}");
}
