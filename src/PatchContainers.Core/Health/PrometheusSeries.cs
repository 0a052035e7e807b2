namespace PatchContainers.Health;

/// <summary>One series of an answer.</summary>
/// <param name="Labels">Its labels in PromQL's form, sorted by name: <c>{code="500",job="web"}</c>; <c>{}</c> where it has none.</param>
/// <param name="Samples">Its values in the order of their times: one for an instant query.</param>
internal sealed record PrometheusSeries(string Labels, IReadOnlyList<double> Samples);

/// <summary>What a query gave.</summary>
/// <param name="Series">The series; empty where nothing matched.</param>
/// <param name="Warnings">What the server warns of: parts of the data that it could not read, for example.</param>
internal sealed record PrometheusAnswer(IReadOnlyList<PrometheusSeries> Series, IReadOnlyList<string> Warnings);
