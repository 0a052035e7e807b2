using System.Text.RegularExpressions;
using PatchContainers.Endpoints;
using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>An HTTP probe as its plan has it.</summary>
internal sealed partial record HttpProbeSettings
{
    /// <summary>The settings that plans have for it.</summary>
    public static readonly IReadOnlyList<string> SettingNames =
    [
        "url", "method", "status", "contains", "jsonPointer", "jsonEquals", "unreachable", .. MeasurePlan.SettingNames,
        .. EndpointSettings.SettingNames,
    ];

    /// <summary>The addresses, with their places.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>GET or HEAD.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>The statuses that are well.</summary>
    public required StatusSet Status { get; init; }

    /// <summary>A text that the body has; null where any body will do.</summary>
    public string? Contains { get; init; }

    /// <summary>Where in a JSON body something is compared; null where nothing is.</summary>
    public JsonPointer? Pointer { get; init; }

    /// <summary>What stands there: a string's own text, or any other value as JSON.</summary>
    public string? Equal { get; init; }

    /// <summary>What no answer leads to.</summary>
    public UnknownPolicy Unreachable { get; init; }

    /// <summary>How often it is asked.</summary>
    public required MeasurePlan Plan { get; init; }

    /// <summary>How the servers are asked.</summary>
    public required EndpointSettings Endpoint { get; init; }

    /// <summary>Reads a gate.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, naming the gate and the setting.</exception>
    public static HttpProbeSettings Parse(RolloutGate gate)
    {
        var settings = new SettingReader(gate, SettingNames);
        var endpoint = EndpointSettings.Parse(settings, TimeSpan.FromSeconds(10));
        var urls = Place().Replace(settings.Required("url"), m => m.Value.Replace(" ", string.Empty, StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        foreach (var url in urls)
        {
            if (Place().Matches(url).FirstOrDefault(m => !GatePlaces.Names.Contains(m.Groups[1].Value)) is { } unknown)
            {
                throw settings.Fault("url", $"has {unknown.Value} in it, which is no place. The places are "
                    + string.Join(", ", GatePlaces.Names.Select(n => $"{{{{{n}}}}}")) + ".");
            }

            endpoint.ParseUrl(settings, "url", Place().Replace(url, "x"));
        }

        var secrets = endpoint.HasSecrets && urls.Any(u => Host().Match(u) is { Success: true } host && Place().IsMatch(host.Value));
        var read = new HttpProbeSettings
        {
            Urls = secrets
                ? throw settings.Fault("url", "has a place in its host: which host gets the credentials has to stand in the plan.")
                : urls,
            Method = settings.Text("method") switch
            {
                null or "GET" => HttpMethod.Get,
                "HEAD" => HttpMethod.Head,
                var other => throw settings.Fault("method", $"is '{other}'; it has to be GET or HEAD."),
            },
            Status = settings.Parsed("status", StatusSet.Parse) ?? StatusSet.Success,
            Contains = settings.Text("contains"),
            Pointer = settings.Parsed("jsonPointer", JsonPointer.Parse),
            Equal = settings.Text("jsonEquals"),
            Unreachable = settings.Choice("unreachable", UnknownPolicy.Fail),
            Plan = MeasurePlan.Parse(settings),
            Endpoint = endpoint,
        };
        return read.Pointer is null != read.Equal is null
                ? throw settings.Fault(read.Pointer is null ? "jsonEquals" : "jsonPointer",
                    $"needs '{(read.Pointer is null ? "jsonPointer" : "jsonEquals")}' beside it.")
            : read.Method == HttpMethod.Head && (read.Contains ?? read.Equal) is not null
                ? throw settings.Fault("method", "is HEAD, which has no body to look into.")
            : read.Unreachable is UnknownPolicy.Pass or UnknownPolicy.Ignore
                ? throw settings.Fault("unreachable", "has to be fail or inconclusive.")
            : read;
    }

    /// <summary>The addresses for a ring, each with the new digests that it is about (none where it is about all).</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a place has no value.</exception>
    public IReadOnlyList<(Uri Url, IReadOnlyList<string> Digests)> Targets(GateContext context) => Urls.SelectMany(url =>
        Place().Matches(url).Any(m => m.Groups[1].Value != "ring")
            ? context.Changes.GroupBy(c => Fill(url, context.Ring, c), c => c.NewDigest)
                .Select(g => (Address(g.Key), (IReadOnlyList<string>)g.Distinct().ToArray()))
            : [(Address(Fill(url, context.Ring, null)), [])]).ToArray();

    private static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) ? url
        : throw new PatchException(PatchErrorCode.InvalidArgument, text, $"'{text}' is no address.");

    private static string Fill(string url, string ring, RolloutChange? change)
    {
        var places = new GatePlaces(ring, change is null ? [] : [change]);
        return Place().Replace(url, m => Uri.EscapeDataString(places.One(m.Groups[1].Value, "Name one")));
    }

    [GeneratedRegex(@"\{\{\s*([^{}]*?)\s*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Place();

    [GeneratedRegex(@"\A[a-z]+://[^/?#]*", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Host();
}
