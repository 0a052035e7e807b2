using System.Text;
using PatchContainers.TestKit;
using PatchContainers.TestKit.ApiDescriptions;
using Xunit;

namespace PatchContainers.Core.Tests.TestKit;

/// <summary>What the check against a description finds: a fake that passes it must not do so because nothing was looked at.</summary>
public sealed class ApiDescriptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private const string Swagger = """
        swagger: "2.0"
        paths:
          /images/{digest}:
            post:
              parameters:
                - {name: digest, in: path, required: true, type: string, pattern: "^sha256:"}
                - {name: force, in: query, type: boolean}
                - {name: tag, in: query, type: string, required: true}
                - {name: image, in: body, required: true, schema: {$ref: "#/definitions/Image"}}
              responses:
                200: {description: ok, schema: {type: array, items: {$ref: "#/definitions/Image"}}}
        definitions:
          Image:
            type: object
            required: [name]
            properties:
              name: {type: string}
              state: {type: string, enum: [ready, busy], x-nullable: True}
              at: {type: string, format: date-time}
              labels: {type: object, additionalProperties: {type: string}}
              base: {allOf: [{$ref: "#/definitions/Image"}]}
          Error:
            type: object
            required: [message]
            properties: {message: {type: string}}
        """;

    private const string OpenApi = """
        {"openapi": "3.1.0", "paths": {"/reports": {"post": {
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/report"}}}},
            "responses": {"201": {"description": "made", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/package"}}}},
                          "default": {"$ref": "#/components/responses/oops"}}}}},
         "components": {"responses": {"oops": {"description": "oops", "content": {"application/json": {"schema": {"required": ["message"]}}}}},
          "schemas": {
            "report": {"$id": "https://x.example/report.schema.json", "type": "object", "properties": {
                "packages": {"type": "object", "additionalProperties": {"$ref": "package.schema.json"}},
                "headers": {"type": "object", "patternProperties": {"^[a-z]+$": {"type": "array"}}, "additionalProperties": false}}},
            "core": {"$id": "https://x.example/core.schema.json", "properties": {"name": {"type": ["string", "null"]}}, "anyOf": [{"required": ["name"]}, {"required": ["id"]}]},
            "package": {"$id": "https://x.example/package.schema.json", "type": "object", "$ref": "core.schema.json", "unevaluatedProperties": false,
                "properties": {"id": {"type": "integer"}, "source": {"$ref": "#"}}}}}}
        """;

    public void Dispose() => _folder.Dispose();

    // The query, the request, the status, the answer, and the fault; empty for none.
    [Theory]
    [InlineData("tag=a&force=true", """{"name": "x", "state": null, "at": "2024-01-02T03:04:05Z", "labels": {"a": "b"}}""", 200, """[{"name": "x", "base": {"name": "y"}}]""", "")]
    [InlineData("force=true", """{"name": "x"}""", 200, "[]", "the parameter 'tag' is missing")]
    [InlineData("tag=a&force=maybe", """{"name": "x"}""", 200, "[]", "parameter 'force': no JSON")]
    [InlineData("tag=a&forced=true", """{"name": "x"}""", 200, "[]", "no parameter 'forced'")]
    [InlineData("tag=a", "", 200, "[]", "its body is missing")]
    [InlineData("tag=a", "{}", 200, "[]", "request.name: missing")]
    [InlineData("tag=a", """{"name": 1}""", 200, "[]", "request.name: Number is no string")]
    [InlineData("tag=a", """{"name": null}""", 200, "[]", "request.name: Null is no string")]
    [InlineData("tag=a", """{"name": "x", "state": "gone"}""", 200, "[]", "request.state: \"gone\" is none of")]
    [InlineData("tag=a", """{"name": "x", "at": "yesterday"}""", 200, "[]", "request.at: 'yesterday' is no date-time")]
    [InlineData("tag=a", """{"name": "x", "labels": {"a": 1}}""", 200, "[]", "request.labels.*: Number is no string")]
    [InlineData("tag=a", """{"name": "x", "colour": 1}""", 200, "[]", "request.colour: not described")]
    [InlineData("tag=a", """{"name": "x"}""", 200, """[{"name": "x", "base": {}}]""", "200[].base.name: missing")]
    [InlineData("tag=a", """{"name": "x"}""", 200, "[", "200: no JSON")]
    [InlineData("tag=a", """{"name": "x"}""", 302, "", "no status 302")]
    [InlineData("tag=a", """{"name": "x"}""", 404, """{"message": "x"}""", "")]
    [InlineData("tag=a", """{"name": "x"}""", 404, """{"fault": "x"}""", "404.message: missing")]
    public void Swagger_binds_requests_and_answers(string query, string request, int status, string answer, string fault)
    {
        var description = Read("swagger.yaml", Swagger, new ApiDescriptionOptions { ErrorSchema = "#/definitions/Error" });
        var exchange = new ApiExchange("POST", "/images/sha256:1", status)
        {
            Query = [.. query.Split('&').Select(q => (q.Split('=')[0], q.Split('=')[1]))],
            Request = Encoding.UTF8.GetBytes(request),
            Answer = Encoding.UTF8.GetBytes(answer),
        };
        Assert.Equal("POST /images/{digest}", description.OperationOf(exchange));
        Check(fault, description.Check(exchange));
        Assert.Contains(description.Check(exchange with { Path = "/images/latest" }), f => f.Contains("parameter 'digest': 'latest' is not of the form", StringComparison.Ordinal));
        Check("no such operation", description.Check(exchange with { Path = "/images/sha256:1/check" }));
    }

    [Theory]
    [InlineData("""{"packages": {"1": {"name": null, "source": {"id": 1}}}, "headers": {"a": []}}""", 201, """{"id": 1}""", "")]
    [InlineData("""{"packages": {"1": {"source": {}}}}""", 201, """{"id": 1}""", "request.packages.*: fits none")]
    [InlineData("""{"packages": {"1": {"name": "x", "source": {"name": "y", "colour": 1}}}}""", 201, """{"id": 1}""", "request.packages.*.source.colour: not described")]
    [InlineData("""{"headers": {"A": []}}""", 201, """{"id": 1}""", "request.headers.A: not described")]
    [InlineData("{}", 201, """{"name": 1}""", "201.name: Number is no string or null")]
    [InlineData("{}", 500, """{"message": "x"}""", "")]
    [InlineData("{}", 500, """{"fault": "x"}""", "500.message: missing")]
    public void OpenApi_binds_requests_and_answers(string request, int status, string answer, string fault)
    {
        var exchange = new ApiExchange("POST", "/reports", status) { Request = Encoding.UTF8.GetBytes(request), Answer = Encoding.UTF8.GetBytes(answer) };
        var description = Read("openapi.json", OpenApi, null);
        Check(fault, description.Check(exchange));
        Assert.Contains("POST /reports request: no media type 'text/plain'", description.Check(exchange with { RequestType = "text/plain" }));
    }

    [Fact]
    public void Clair_s_description_fits_clair_s_example_of_a_notification_and_not_without_its_reason()
    {
        Assert.SkipWhen(ConformanceData.Find("clair", "openapi") is null, ConformanceData.SkipReason);
        var description = ApiDescription.Read(ConformanceData.Find("clair", "openapi", "openapi.json")!);
        const string Schema = "#/components/schemas/notification";
        var notification = """{"id": "1", "manifest": "sha256:35c102085707f703de2d9eaad8752d6fe1b8f02b5d2149f1d8357c9cc7fb7d0a", "reason": "added", "vulnerability": {"name": "CVE-1", "normalized_severity": "High", "repository": {"id": "1"}}}""";
        Assert.Empty(description.Check(Encoding.UTF8.GetBytes(notification), Schema));
        Assert.Contains("reason: missing", Assert.Single(description.Check(Encoding.UTF8.GetBytes(notification.Replace("\"reason\": \"added\", ", "", StringComparison.Ordinal)), Schema)), StringComparison.Ordinal);
        Assert.Contains("manifest: ", Assert.Single(description.Check(Encoding.UTF8.GetBytes(notification.Replace("35c1", "zzzz", StringComparison.Ordinal)), Schema)), StringComparison.Ordinal);
        Assert.NotEmpty(description.Check(Encoding.UTF8.GetBytes(notification.Replace("\"repository\"", "\"repo\"", StringComparison.Ordinal)), Schema));
    }

    private static void Check(string expected, IReadOnlyList<string> faults)
    {
        if (expected.Length == 0)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.Contains(expected, Assert.Single(faults), StringComparison.Ordinal);
        }
    }

    private ApiDescription Read(string name, string text, ApiDescriptionOptions? options)
    {
        File.WriteAllText(_folder[name], text);
        return ApiDescription.Read(_folder[name], options);
    }
}
